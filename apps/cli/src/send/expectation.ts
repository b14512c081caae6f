import type { ProviderRequest, Verdict } from '@hookline/core';
import type { Answer } from './post.ts';
import type { Endpoint } from './sample-request.ts';

export type Reason = Extract<Verdict, { ok: false }>['reason'];

/** What a receiver with the right secrets should answer. */
export type Expectation =
  /** `repeats`: without an id of its own, each copy is an event. */
  | { readonly kind: 'accepted'; readonly repeats: boolean }
  /** A first request: answered, and no event. */
  | { readonly kind: 'handshake' }
  | { readonly kind: 'refused'; readonly reason: Reason };

/** @param now milliseconds since the epoch */
export function expectationOf(
  { provider, secrets }: Pick<Endpoint, 'provider' | 'secrets'>,
  request: ProviderRequest,
  now: number,
): Expectation {
  if (provider.handshake(request, secrets, 'unsigned') !== undefined) return { kind: 'handshake' };
  const verdict = provider.verify(request, secrets, now);
  if (!verdict.ok) return { kind: 'refused', reason: verdict.reason };
  if (provider.handshake(request, secrets, 'verified') !== undefined) return { kind: 'handshake' };
  const items = provider.split(request);
  const repeats = items.length > 0 && items.every(({ deliveryId, repeats: again }) => again && !deliveryId);
  return { kind: 'accepted', repeats };
}

/** With what receivers refuse a signature: ours with 401. */
const REFUSALS = [400, 401, 403];

export function isMet(expectation: Expectation, { status }: Answer): boolean {
  switch (expectation.kind) {
    case 'accepted':
    case 'handshake':
      return status >= 200 && status < 300;
    case 'refused':
      return REFUSALS.includes(status);
  }
}

/** What the answer to a second copy says. */
export interface CopyVerdict {
  /** Whether it was taken for a copy. */
  readonly copy: boolean;
  readonly expected: boolean;
  readonly said: string;
}

/** Judges the answer to a second copy by what it says; where it has no room for that, by the event's id. */
export function judgeCopy(expectation: Expectation, second: Answer, first: Answer): CopyVerdict {
  const copy = second.duplicate ?? (second.id !== undefined && second.id === first.id);
  if (expectation.kind !== 'accepted')
    return { copy, expected: true, said: 'no event came of either, so none is the copy of another' };
  if (second.duplicate === undefined && second.id === undefined)
    return { copy, expected: true, said: 'the answers do not say whether the copy was known as one' };
  if (expectation.repeats)
    return copy
      ? {
          copy,
          expected: false,
          said: 'not expected: taken for a copy, though equal bodies of this provider are news',
        }
      : {
          copy,
          expected: true,
          said: 'no copy: this provider does not name its events, and the same body may be news',
        };
  return copy
    ? { copy, expected: true, said: 'a duplicate: the event was known already, and nothing runs twice' }
    : { copy, expected: false, said: 'not expected: the copy was taken for another event' };
}
