import { explain, type Source } from '@hookline/core';
import { diagnose } from './diagnose.ts';
import type { Asked, Exchange } from './exchange.ts';
import type { LearnedSecrets } from './learned-secrets.ts';
import { secretsOf } from './verify.ts';

/** Why a signature may not hold, from all that the receiver knows. For the log alone, and never the cause of a failure. */
export function likelyCause(
  sources: ReadonlyMap<string, Source>,
  learned: LearnedSecrets,
  { source, request, asked, receivedAt }: Exchange,
): string | undefined {
  try {
    const others = [...sources.values()].filter(
      ({ provider, name }) => provider.name === source.provider.name && name !== source.name,
    );
    return diagnose({
      provider: source.provider,
      request,
      secrets: secretsOf(source, learned),
      now: receivedAt,
      askedUrls: askedUrls(asked),
      formerSecrets: source.formerSecrets?.() ?? [],
      otherSecrets: new Map(others.map((other) => [other.name, other.secrets()])),
    });
  } catch (error) {
    return `not found: ${explain(error)}`;
  }
}

/**
 * The address as the request has it, with and without what proxies say of it. Anybody can write these headers:
 * they are for finding out why a signature does not hold, never for judging one.
 */
function askedUrls({ headers, url = '/' }: Asked): readonly string[] {
  const first = (value: string | string[] | undefined) =>
    String(value ?? '')
      .split(',')[0]
      ?.trim();
  const hosts = [first(headers['x-forwarded-host']), headers.host].filter((host) => host);
  const protocols = [first(headers['x-forwarded-proto']), 'https', 'http'].filter((protocol) => protocol);
  return [...new Set(protocols.flatMap((protocol) => hosts.map((host) => `${protocol}://${host}${url}`)))];
}
