import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as signWithKey,
  timingSafeEqual,
  verify as verifyWithKey,
  type KeyObject,
} from 'node:crypto';
import { decodeKey } from './encoding.ts';
import type { Algorithm, Ed25519Algorithm, HmacAlgorithm } from './scheme.ts';

/**
 * A test for signatures of `content`, in time that does not depend on where a wrong one differs.
 * @returns `undefined` when the secret is not one of this algorithm's keys
 */
export function checker(
  algorithm: Algorithm,
  secret: string,
  content: Buffer,
): ((signature: Buffer) => boolean) | undefined {
  switch (algorithm.kind) {
    case 'hmac': {
      const expected = hmac(algorithm, secret, content);
      if (!expected) return undefined;
      return (signature) => signature.length === expected.length && timingSafeEqual(signature, expected);
    }
    case 'ed25519': {
      const key = publicKey(algorithm, secret);
      if (!key) return undefined;
      return (signature) => verifyWithKey(null, content, key, signature);
    }
  }
}

/** @returns `undefined` when the secret is not a key that can sign with this algorithm */
export function signatureOf(algorithm: Algorithm, secret: string, content: Buffer): Buffer | undefined {
  switch (algorithm.kind) {
    case 'hmac':
      return hmac(algorithm, secret, content);
    case 'ed25519': {
      const key = privateKey(algorithm, secret);
      return key && signWithKey(null, content, key);
    }
  }
}

function hmac(algorithm: HmacAlgorithm, secret: string, content: Buffer): Buffer | undefined {
  const key = hmacKey(algorithm, secret);
  return key && createHmac(algorithm.hash, key).update(content).digest();
}

/** An empty key is no key: anybody can sign with it. */
function hmacKey({ key }: HmacAlgorithm, secret: string): Buffer | undefined {
  switch (key.encoding) {
    case 'utf8':
      return secret === '' ? undefined : Buffer.from(secret, 'utf8');
    case 'base64':
      return decodeKey(afterPrefix(secret, key.optionalPrefix) ?? secret);
  }
}

const ED25519_KEY_BYTES = 32;
/** RFC 8410: what stands before the seed in a PKCS #8 key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function publicKey(algorithm: Ed25519Algorithm, secret: string): KeyObject | undefined {
  const encoded = afterPrefix(secret, algorithm.publicKeyPrefix);
  if (encoded === undefined) {
    const ownKey = privateKey(algorithm, secret);
    return ownKey && createPublicKey(ownKey);
  }
  const bytes = decodeKey(encoded);
  if (bytes?.length !== ED25519_KEY_BYTES) return undefined;
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
    format: 'jwk',
  });
}

function privateKey(algorithm: Ed25519Algorithm, secret: string): KeyObject | undefined {
  const encoded = afterPrefix(secret, algorithm.privateKeyPrefix);
  const bytes = encoded === undefined ? undefined : decodeKey(encoded);
  if (bytes?.length !== ED25519_KEY_BYTES && bytes?.length !== 2 * ED25519_KEY_BYTES) return undefined;
  const seed = bytes.subarray(0, ED25519_KEY_BYTES);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
