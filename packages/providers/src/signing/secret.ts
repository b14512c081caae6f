import type { Secret } from '@hookline/core';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scheme } from './scheme.ts';

const TOKEN_PREFIX = 'token:';

/** A source's own tokens among its secrets, without their prefix: nothing is ever signed with one. */
export function tokensOf(secrets: readonly Secret[]): readonly string[] {
  return secrets.flatMap((secret) =>
    typeof secret === 'string' && secret.startsWith(TOKEN_PREFIX) ? [secret.slice(TOKEN_PREFIX.length)] : [],
  );
}

/** The secrets that a scheme may use. */
export function secretsFor(scheme: Scheme, secrets: readonly Secret[]): readonly Secret[] {
  if (scheme.secrets === 'tokens') return tokensOf(secrets);
  return secrets.filter((secret) => typeof secret !== 'string' || !secret.startsWith(TOKEN_PREFIX));
}

/** Whether two texts are the same, in a time that tells nothing about either: digests have one length. */
export function sameText(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** Whether a text is one of several; every one is compared, whichever fits. An empty one fits nothing. */
export function isOneOf(given: string, expected: readonly string[]): boolean {
  return expected.reduce((found, each) => (sameText(given, each) && each !== '') || found, false);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
