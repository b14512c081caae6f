import type { KeyObject } from 'node:crypto';
// What a test key stands for is no business of anybody but the sender of tests, so core does not export it.
import { readTestKey, testKeyPair, type TestKeyKind } from '../../src/signing/test-key.ts';

/** The pair behind a secret that ends in `test-key:…`. */
export function pairOf(kind: TestKeyKind, secret: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const { seed } = readTestKey(secret);
  if (seed === undefined) throw new Error('the secret has no test key');
  return testKeyPair(kind, seed);
}
