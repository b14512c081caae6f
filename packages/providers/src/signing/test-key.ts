import {
  checkPrimeSync,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
} from 'node:crypto';

/**
 * A key pair of one's own, for tests and development with providers whose private keys are theirs alone: a secret
 * `test-key:<64 hex digits>`, or `<what is expected>#test-key:<64 hex digits>`. Who configures one accepts what it
 * signs. The pair is always the same for the same digits.
 */
export interface TestKeySecret {
  readonly expected: string;
  readonly seed: Buffer | undefined;
}

const TEST_KEY = /^(?:(.*)#)?test-key:([0-9a-f]{64})$/s;

export function readTestKey(secret: string): TestKeySecret {
  const match = TEST_KEY.exec(secret);
  if (match === null) return { expected: secret, seed: undefined };
  return { expected: match[1] ?? '', seed: Buffer.from(match[2] ?? '', 'hex') };
}

export type TestKeyKind = 'ed25519' | 'ecdsa-p256' | 'rsa';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const MOST_PAIRS = 64;
const pairs = new Map<string, KeyPair>();

/** The pair that a seed stands for. Kept, as an RSA pair takes a tenth of a second to find. */
export function testKeyPair(kind: TestKeyKind, seed: Buffer): KeyPair {
  const name = `${kind}:${seed.toString('hex')}`;
  let pair = pairs.get(name);
  if (pair === undefined) {
    const privateKey = privateKeyFrom(kind, seed);
    pair = { privateKey, publicKey: createPublicKey(privateKey) };
    if (pairs.size >= MOST_PAIRS) pairs.clear();
    pairs.set(name, pair);
  }
  return pair;
}

function privateKeyFrom(kind: TestKeyKind, seed: Buffer): KeyObject {
  switch (kind) {
    case 'ed25519':
      return ed25519PrivateKey(seed);
    case 'ecdsa-p256': {
      const ecdh = createECDH('prime256v1');
      // A hash lies below the curve's order but once in 2^32 seeds; then the next one does.
      for (let digest = sha256(seed); ; digest = sha256(digest)) {
        try {
          ecdh.setPrivateKey(digest);
        } catch {
          continue;
        }
        const point = ecdh.getPublicKey();
        const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
        const d = digest.toString('base64url');
        return createPrivateKey({
          key: { kty: 'EC', crv: 'P-256', d, x: x ?? '', y: y ?? '' },
          format: 'jwk',
        });
      }
    }
    case 'rsa':
      return rsaPrivateKey(seed);
  }
}

/** RFC 8410: what stands before the seed in a PKCS #8 key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function ed25519PrivateKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

const E = 65_537n;

/** 2048 bits. Node makes RSA keys from its own randomness only, and a test key must be what its seed says. */
function rsaPrivateKey(seed: Buffer): KeyObject {
  const p = prime(seed, 'p');
  const q = prime(seed, 'q');
  const d = inverse(E, (p - 1n) * (q - 1n));
  const parts = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const key = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, base64url(value)]));
  return createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' });
}

function prime(seed: Buffer, name: string): bigint {
  const blocks = [0, 1, 2, 3].map((block) => sha256(Buffer.concat([seed, Buffer.from(`${name}${block}`)])));
  const start = BigInt(`0x${Buffer.concat(blocks).toString('hex')}`);
  // The two highest bits make the product 2048 bits long.
  let candidate = start | (3n << 1022n) | 1n;
  while ((candidate - 1n) % E === 0n || !checkPrimeSync(candidate)) candidate += 2n;
  return candidate;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [previous, current] = [modulus, value % modulus];
  let [x, y] = [0n, 1n];
  while (current !== 0n) {
    const quotient = previous / current;
    [previous, current] = [current, previous - quotient * current];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
