import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two secrets are the same, in a time that tells nothing about either: digests have one length, so
 * not even the lengths of the secrets show.
 */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** Whether a secret is one of several; every one is compared, whichever fits. */
export function isOneOf(given: string, expected: readonly string[]): boolean {
  return expected.reduce((found, each) => sameSecret(given, each) || found, false);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
