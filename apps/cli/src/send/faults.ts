import type { Provider, ProviderRequest } from '@hookline/core';
import { randomBytes } from 'node:crypto';
import type { Endpoint } from './sample-request.ts';

/** A request that was changed on its way, and where. */
export interface Tampered {
  readonly request: ProviderRequest;
  readonly where: string;
}

/** Where a signature covers little of a large body, the search for a byte of it ends here. */
const MOST_TRIED = 2_000;

/**
 * Changes one byte of a signed request so that its signature does not hold any more: in the body where it is
 * covered, otherwise in the query or a header.
 * @param now milliseconds since the epoch
 */
export function tampered(
  { provider, secrets }: Pick<Endpoint, 'provider' | 'secrets'>,
  request: ProviderRequest,
  now: number,
): Tampered {
  for (const changed of changes(request))
    if (!provider.verify(changed.request, secrets, now).ok) return changed;
  throw new Error(`no byte of this request is covered by ${provider.name}'s signature`);
}

/** A secret as the provider writes them, and none of the source's. */
export function otherSecrets(provider: Provider, secrets: readonly string[]): readonly string[] {
  const onlyTokens = secrets.every((secret) => secret.startsWith('token:'));
  return [onlyTokens ? `token:${randomBytes(16).toString('hex')}` : provider.makeSecret(randomBytes(32))];
}

function* changes(request: ProviderRequest): Generator<Tampered> {
  const { body, url, headers } = request;
  const text = body.toString('latin1');
  for (const at of placesIn(text))
    yield { request: { ...request, body: Buffer.from(replaced(text, at), 'latin1') }, where: 'body' };
  const query = url.indexOf('?');
  for (const at of query < 0 ? [] : placesIn(url.slice(query + 1)))
    yield { request: { ...request, url: replaced(url, query + 1 + at) }, where: 'query' };
  for (const [name, value] of Object.entries(headers)) {
    for (const at of placesIn(value))
      yield {
        request: { ...request, headers: { ...headers, [name]: replaced(value, at) } },
        where: `header ${name}`,
      };
  }
}

/** Digits first: with another one, JSON is still JSON. */
function* placesIn(text: string): Generator<number> {
  let left = MOST_TRIED;
  for (const kind of [/[0-9]/g, /[A-Za-z]/g, /[^0-9A-Za-z&=]/g]) {
    for (const { index } of text.matchAll(kind)) {
      if ((left -= 1) < 0) return;
      yield index;
    }
  }
}

/** One character for another of its kind. */
function replaced(text: string, at: number): string {
  const old = text[at] ?? '';
  const next = /[0-9]/.test(old) ? String((Number(old) + 1) % 10) : /[ab]/i.test(old) ? 'c' : 'a';
  return text.slice(0, at) + next + text.slice(at + 1);
}
