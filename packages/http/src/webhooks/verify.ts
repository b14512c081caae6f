import type { FetchedKeys, Source } from '@hookline/core';
import type { Exchange, Outcome, Verified } from './exchange.ts';
import type { LearnedSecrets } from './learned-secrets.ts';
import type { RemoteKeys } from './remote-keys.ts';

export interface VerifyParts {
  readonly learned: LearnedSecrets;
  readonly remote: RemoteKeys;
  readonly now: () => number;
}

/** For asking others: a key that is not there then is there for the next request. */
const KEYS_MS = 200;

/**
 * Judges the signature; a key of the provider's that is not there yet is asked for. Most need none, and are judged at
 * once.
 */
export function verify(
  parts: VerifyParts,
  exchange: Exchange,
): Verified | Outcome | Promise<Verified | Outcome> {
  const { source, request, receivedAt } = exchange;
  const secrets = secretsOf(source, parts.learned);
  const addresses = source.provider.keysNeeded(request, secrets, receivedAt);
  return addresses.length === 0
    ? judge(parts, exchange, secrets)
    : judgeWithKeys(parts, exchange, secrets, addresses);
}

async function judgeWithKeys(
  parts: VerifyParts,
  exchange: Exchange,
  secrets: readonly string[],
  addresses: readonly string[],
): Promise<Verified | Outcome> {
  const keys = await parts.remote.get(addresses, KEYS_MS, exchange.source.name);
  if (keys === undefined) return { kind: 'keys-unknown' };
  const judged = judge(parts, exchange, secrets, keys);
  if (judged.kind === 'verified') parts.remote.prove(addresses);
  return judged;
}

function judge(
  { now }: VerifyParts,
  exchange: Exchange,
  secrets: readonly string[],
  keys?: FetchedKeys,
): Verified | Outcome {
  const { source, request, asked, receivedAt, deadline } = exchange;
  const verdict = source.provider.verify(request, secrets, receivedAt, keys);
  if (!verdict.ok) return { kind: 'unsigned', reason: verdict.reason, exchange };
  return { kind: 'verified', source, request, asked, receivedAt, deadline, secrets, verifiedAt: now() };
}

/** Those that are configured, and those that the provider brought. */
export function secretsOf(source: Source, learned: LearnedSecrets): readonly string[] {
  const own = source.secrets();
  return source.provider.keepsSecrets ? [...own, ...learned.of(source.name)] : own;
}
