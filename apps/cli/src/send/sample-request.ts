import { explain, type Provider, type ProviderRequest, type Sample } from '@hookline/core';
import { randomBytes } from 'node:crypto';
import { UsageError } from '../command.ts';

/** Where requests of a provider go, and what they are signed with. */
export interface Endpoint {
  readonly provider: Provider;
  readonly secrets: readonly string[];
  /** Where they are posted. */
  readonly url: URL;
  /** The endpoint's address as its receiver knows it, for providers that sign it: a path where it knows no more. */
  readonly signedUrl: string;
}

export interface SampleRequest {
  /** The provider's first sample unless given. */
  readonly type?: string;
  /** These exact bytes in place of the sample's body. */
  readonly data?: Buffer;
  /** A request that came in somewhere, in place of the provider's own sample. */
  readonly saved?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
    readonly query?: string;
  };
  /** Letters and digits that make the ids of this event its own; random unless given. */
  readonly unique?: string;
  /** When what happened is said to have happened, in milliseconds since the epoch; when it is signed unless given. */
  readonly happenedAt?: number;
}

/**
 * A realistic request, genuinely signed: all that a provider would send, as its receiver reads it. The one test
 * sender: the simulator, the first run and the tests send what this makes.
 * @param now when it is signed, in milliseconds since the epoch
 * @throws UsageError when the provider has no such sample (naming those it has); Error when its secret cannot sign
 */
export function sampleRequest(
  { provider, secrets, signedUrl }: Omit<Endpoint, 'url'>,
  { type = provider.sampleTypes[0] ?? '', data, saved, unique = newUnique(), happenedAt }: SampleRequest,
  now: number,
): ProviderRequest {
  const sample = saved ?? ownSample(provider, type, unique, happenedAt ?? now);
  const url = sample.query === undefined ? signedUrl : addQuery(signedUrl, sample.query);
  const body = data ?? Buffer.from(sample.body);
  try {
    return provider.signRequest({ method: 'POST', url, headers: sample.headers, body }, secrets, now);
  } catch (error) {
    const cause = explain(error);
    throw new Error(`this cannot be signed as ${provider.name} would: ${cause}`, { cause: error });
  }
}

function ownSample(provider: Provider, type: string, unique: string, happenedAt: number): Sample {
  const sample = provider.sample(type, unique, happenedAt);
  if (sample !== undefined) return sample;
  throw new UsageError(
    `there is no sample of '${type}' for ${provider.name}; choose one of ${provider.sampleTypes.join(', ')}`,
  );
}

/** Where a signed request is posted: the endpoint, with the query that was signed or that signing added. */
export function postedUrl(endpoint: URL, { url }: ProviderRequest): URL {
  const posted = new URL(endpoint);
  posted.search = queryOf(url);
  return posted;
}

/** `?` and what follows it; nothing when there is none. */
export function queryOf(url: string): string {
  return /\?[^#]*/.exec(url)?.[0] ?? '';
}

export function newUnique(): string {
  return randomBytes(12).toString('hex');
}

function addQuery(url: string, query: string): string {
  const bare = url.replace(/#.*$/, '');
  return `${bare}${bare.includes('?') ? '&' : '?'}${query}`;
}
