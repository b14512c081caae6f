import {
  createHash,
  createHmac,
  createPublicKey,
  sign as signWithKey,
  timingSafeEqual,
  verify as verifyWithKey,
  type Hash,
  type Hmac,
  type KeyObject,
} from 'node:crypto';
import { wholeOf, type SignedText } from './content.ts';
import { decodeExactly, decodeHexKey, decodeKey } from './encoding.ts';
import type { Algorithm, Ed25519Algorithm, EcdsaAlgorithm, HmacAlgorithm, RsaAlgorithm } from './scheme.ts';
import type { Secret } from '@hookline/core';
import { ed25519PrivateKey, readTestKey, testKeyPair } from './test-key.ts';

/** Finds the key of a certificate that the request names; `undefined` when it is not there or may not sign. */
export type FindKey = (algorithm: RsaAlgorithm) => KeyObject | undefined;

/** The label that an item must have to be judged with this secret; `undefined` for a bare item. */
export function labelOf(algorithm: Algorithm, secret: Secret): string | undefined {
  if (typeof algorithm.label !== 'object') return algorithm.label;
  if (typeof secret !== 'string') return undefined;
  const { keyIdBefore } = algorithm.label;
  return secret.includes(keyIdBefore) ? secret.slice(0, secret.indexOf(keyIdBefore)) : undefined;
}

/**
 * A test for signatures of `content`, in time that does not depend on where a wrong one differs.
 * @returns `undefined` when the secret is not one of this algorithm's keys
 */
export function checker(
  algorithm: Algorithm,
  secret: Secret,
  content: SignedText,
  findKey: FindKey,
): ((signature: Buffer) => boolean) | undefined {
  switch (algorithm.kind) {
    case 'hmac':
      return equals(hmac(algorithm, secret, content));
    case 'hash':
      return equals(hash(algorithm.hash, secret, content));
    case 'ed25519': {
      const whole = wholeOf(content);
      const key = typeof secret === 'string' ? ed25519PublicKey(algorithm, secret) : undefined;
      return key && ((signature) => verifyWithKey(null, whole, key, signature));
    }
    case 'ecdsa-p256': {
      const whole = wholeOf(content);
      const key = typeof secret === 'string' ? ecdsaPublicKey(algorithm, secret) : undefined;
      return key && ((signature) => verifyWithKey('sha256', whole, key, signature));
    }
    case 'rsa': {
      const whole = wholeOf(content);
      const seed = typeof secret === 'string' ? readTestKey(secret).seed : undefined;
      const key = seed === undefined ? findKey(algorithm) : testKeyPair('rsa', seed).publicKey;
      return key && ((signature) => verifyWithKey(algorithm.hash, whole, key, signature));
    }
  }
}

/** @returns `undefined` when the secret is not a key that can sign with this algorithm */
export function signatureOf(algorithm: Algorithm, secret: string, content: SignedText): Buffer | undefined {
  switch (algorithm.kind) {
    case 'hmac':
      return hmac(algorithm, secret, content);
    case 'hash':
      return hash(algorithm.hash, secret, content);
    case 'ed25519': {
      const key = ed25519Private(algorithm, secret);
      return key && signWithKey(null, wholeOf(content), key);
    }
    case 'ecdsa-p256':
    case 'rsa': {
      const { seed } = readTestKey(secret);
      const digest = algorithm.kind === 'rsa' ? algorithm.hash : 'sha256';
      return seed && signWithKey(digest, wholeOf(content), testKeyPair(algorithm.kind, seed).privateKey);
    }
  }
}

function equals(expected: Buffer | undefined): ((signature: Buffer) => boolean) | undefined {
  return expected && ((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

function hmac(algorithm: HmacAlgorithm, secret: Secret, content: SignedText): Buffer | undefined {
  const key = hmacKey(algorithm, secret);
  return key && digestOf(createHmac(algorithm.hash, key), content);
}

function digestOf(hasher: Hash | Hmac, content: SignedText): Buffer {
  for (const piece of content) hasher.update(piece);
  return hasher.digest();
}

/** The secret is in the content; without one anybody could write it. */
function hash(name: string, secret: Secret, content: SignedText): Buffer | undefined {
  return secret.length === 0 ? undefined : digestOf(createHash(name), content);
}

/** An empty key is no key: anybody can sign with it. */
function hmacKey({ key, label }: HmacAlgorithm, secret: Secret): Buffer | undefined {
  if (typeof secret !== 'string') return secret.length === 0 ? undefined : secret;
  const text = typeof label === 'object' ? afterFirst(secret, label.keyIdBefore) : secret;
  if (text === '') return undefined;
  switch (key.encoding) {
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'base64':
      return decodeKey(afterPrefix(text, key.optionalPrefix) ?? text);
    case 'hex':
      return decodeHexKey(text);
    case 'sha1':
      return createHash('sha1').update(text).digest();
  }
}

const ED25519_KEY_BYTES = 32;

function ed25519PublicKey(algorithm: Ed25519Algorithm, secret: string): KeyObject | undefined {
  const ownKey = ed25519Private(algorithm, secret);
  if (ownKey) return createPublicKey(ownKey);
  const encoded = afterPrefix(secret, algorithm.publicKeyPrefix);
  const bytes = encoded === undefined ? undefined : decoded(algorithm, encoded);
  if (bytes?.length !== ED25519_KEY_BYTES) return undefined;
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
    format: 'jwk',
  });
}

function ed25519Private(algorithm: Ed25519Algorithm, secret: string): KeyObject | undefined {
  const { seed } = readTestKey(secret);
  if (seed) return testKeyPair('ed25519', seed).privateKey;
  if (algorithm.privateKeyPrefix === undefined) return undefined;
  const encoded = afterPrefix(secret, algorithm.privateKeyPrefix);
  const bytes = encoded === undefined ? undefined : decoded(algorithm, encoded);
  if (bytes?.length !== ED25519_KEY_BYTES && bytes?.length !== 2 * ED25519_KEY_BYTES) return undefined;
  return ed25519PrivateKey(bytes.subarray(0, ED25519_KEY_BYTES));
}

function decoded({ keyEncoding }: Ed25519Algorithm, text: string): Buffer | undefined {
  return keyEncoding === 'hex' ? decodeHexKey(text) : decodeKey(text);
}

function ecdsaPublicKey(_algorithm: EcdsaAlgorithm, secret: string): KeyObject | undefined {
  const { seed } = readTestKey(secret);
  if (seed) return testKeyPair('ecdsa-p256', seed).publicKey;
  const der = decodeExactly(secret, 'base64');
  if (der === undefined || der.length === 0) return undefined;
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    // A text that is no key fits no signature.
    return undefined;
  }
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function afterFirst(text: string, separator: string): string {
  const at = text.indexOf(separator);
  return at < 0 ? '' : text.slice(at + separator.length);
}
