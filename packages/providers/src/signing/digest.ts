import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeExactly } from './encoding.ts';
import { valueAt, type View } from './place.ts';
import type { SignedContentScheme } from './scheme.ts';

type Digest = NonNullable<SignedContentScheme['digest']>;

export function digestOf({ hash, encoding }: Digest, body: Buffer): string {
  return createHash(hash).update(body).digest(encoding);
}

/** Whether the digest of the body stands where it should. */
export function hasDigest(digest: Digest, view: View): boolean {
  const given = decodeExactly(valueAt(view, digest.at) ?? '', digest.encoding);
  const expected = createHash(digest.hash).update(view.request.body).digest();
  return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}
