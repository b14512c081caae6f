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

/** Judges the signature; a key of the provider's that is not there yet is asked for. */
export async function verify(parts: VerifyParts, exchange: Exchange): Promise<Verified | Outcome> {
  const { source, request, receivedAt } = exchange;
  const { provider } = source;
  const secrets = secretsOf(source, parts.learned);
  const addresses = provider.keysNeeded(request, secrets, receivedAt);
  let keys: FetchedKeys | undefined;
  if (addresses.length > 0) {
    keys = await parts.remote.get(addresses, KEYS_MS, source.name);
    if (keys === undefined) return { kind: 'keys-unknown' };
  }
  const verdict = provider.verify(request, secrets, receivedAt, keys);
  if (!verdict.ok) return { kind: 'unsigned', reason: verdict.reason, exchange };
  parts.remote.prove(addresses);
  return {
    kind: 'verified',
    source,
    request,
    asked: exchange.asked,
    receivedAt,
    deadline: exchange.deadline,
    secrets,
    verifiedAt: parts.now(),
  };
}

/** Those that are configured, and those that the provider brought. */
export function secretsOf(source: Source, learned: LearnedSecrets): readonly string[] {
  const own = source.secrets();
  return source.provider.keepsSecrets ? [...own, ...learned.of(source.name)] : own;
}
