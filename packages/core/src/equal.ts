import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether what was given is the secret, in a time that tells nothing about either: digests have one length, so not even
 * the lengths of the two show. An empty secret is none: nothing is equal to it.
 */
export function equal(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret)) && secret !== '';
}

/** Whether what was given is one of several secrets; every one is compared, whichever fits. */
export function equalsAny(given: string, secrets: readonly string[]): boolean {
  return secrets.reduce((found, secret) => equal(given, secret) || found, false);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
