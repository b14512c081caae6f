import type { Source } from '@hookline/core';
import type { Content } from './content.ts';

/** What a stored request says of its signature, judged once more as of when it came. */
export type Judgement =
  | { readonly kind: 'holds' }
  | { readonly kind: 'fails'; readonly reason: 'stale' | 'mismatch' }
  /** What was signed, or what it was signed with, is not all at hand. */
  | { readonly kind: 'unknown' };

const UNKNOWN: Judgement = { kind: 'unknown' };

/** @param receivedAt milliseconds since the epoch */
export function judgeAgain(
  { provider }: Source,
  secrets: readonly string[],
  receivedAt: number,
  { headers, body }: Content,
): Judgement {
  if (provider.signsUrl || !provider.bodyTrusted) return UNKNOWN;
  const request = { method: 'POST', url: '/', headers, body };
  if (provider.keysNeeded(request, secrets, receivedAt).length > 0) return UNKNOWN;
  const verdict = provider.verify(request, secrets, receivedAt);
  if (verdict.ok) return { kind: 'holds' };
  const { reason } = verdict;
  // The bytes of one event of a batch are not those that were signed, and what a handshake brought is in Redis alone.
  const isTold = reason !== 'missing' && reason !== 'malformed' && !provider.splits && !provider.keepsSecrets;
  return isTold ? { kind: 'fails', reason } : UNKNOWN;
}

/** Which of its source's secrets verifies a stored request. */
export type VerifiedBy =
  /** Counted from 1, of so many that are set today. */
  | { readonly kind: 'one'; readonly nth: number; readonly of: number }
  /** None that is set today: it has been taken away since. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** An open page asks every two seconds, for each secret: of a larger body it is not told. */
const MOST_BYTES = 1024 * 1024;

/** @param receivedAt milliseconds since the epoch */
export function verifiedBy(source: Source, receivedAt: number, content: Content): VerifiedBy {
  if (content.body.length > MOST_BYTES) return { kind: 'unknown' };
  const secrets = source.secrets();
  const judged = secrets.map((secret) => judgeAgain(source, [secret], receivedAt, content).kind);
  const nth = judged.indexOf('holds') + 1;
  if (nth > 0) return { kind: 'one', nth, of: secrets.length };
  return judged.length > 0 && judged.every((kind) => kind === 'fails')
    ? { kind: 'none' }
    : { kind: 'unknown' };
}
