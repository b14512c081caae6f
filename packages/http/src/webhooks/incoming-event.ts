import {
  bodyHash,
  eventIdOf,
  type IncomingEvent,
  type Provider,
  type ProviderItem,
  type ProviderRequest,
} from '@hookline/core';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** One configured endpoint, as the receiver uses it. */
export interface WebhookSource {
  readonly name: string;
  readonly provider: Provider;
  /** The public address, for providers that sign it. */
  readonly url?: string;
  secrets(): readonly string[];
  /** What its secrets were before they were last replaced, to tell an operator who still signs with them. */
  formerSecrets?(): readonly string[];
  priorityOf(type: string): number | undefined;
}

/** A request as providers read it. Headers that came twice are one, joined as Node joins them. */
export function toProviderRequest(
  source: WebhookSource,
  request: IncomingMessage,
  body: Buffer,
): ProviderRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const asked = request.url ?? '/';
  const url = source.url === undefined ? asked : publicUrl(source.url, asked);
  return { method: request.method ?? 'POST', url, headers, body };
}

/** The address that the provider was given, with the query it asked for: some add to the query, and sign that. */
function publicUrl(configured: string, asked: string): string {
  const query = asked.indexOf('?');
  if (query < 0) return configured;
  return configured.replace(/[?#].*$/, '') + asked.slice(query);
}

/**
 * The address as the request has it, with and without what proxies say of it. Anybody can write these headers:
 * they are for finding out why a signature does not hold, never for judging one.
 */
export function askedUrls({ headers, url = '/' }: IncomingMessage): readonly string[] {
  const first = (value: string | string[] | undefined) =>
    String(value ?? '')
      .split(',')[0]
      ?.trim();
  const hosts = [first(headers['x-forwarded-host']), headers.host].filter((host) => host);
  const protocols = [first(headers['x-forwarded-proto']), 'https', 'http'].filter((protocol) => protocol);
  return [...new Set(protocols.flatMap((protocol) => hosts.map((host) => `${protocol}://${host}${url}`)))];
}

/**
 * What cannot be identified has its body's hash for an id, and the type `unknown`; where equal bodies are different
 * events, an id of its own.
 */
export function toEvent(
  source: WebhookSource,
  request: ProviderRequest,
  item: ProviderItem,
  secrets: readonly string[],
  times: Pick<IncomingEvent, 'receivedAt' | 'verifiedAt'>,
): IncomingEvent {
  const { body, bodyTrusted } = item;
  const sha256 = bodyHash(body);
  const type = item.type || 'unknown';
  // An empty id is none: all events that have it would be copies of one another.
  const providerId = item.deliveryId || (item.repeats ? `once-${randomUUID()}` : `body-${sha256}`);
  const priority = source.priorityOf(type);
  return {
    id: eventIdOf(source.name, providerId),
    source: source.name,
    provider: source.provider.name,
    providerId,
    type,
    ...times,
    headers: keptHeaders(request.headers, secrets),
    ...{ body, sha256, bodyTrusted },
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Credentials are for the door, and hop-by-hop headers (RFC 9110, 7.6.1) for the connection: neither is part of the event. */
const NOT_KEPT = new Set([
  ...['authorization', 'proxy-authorization', 'cookie'],
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** Nor is a header kept whose value is the secret itself: some providers send it in place of a signature. */
function keptHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  const named = new Set(headers['connection']?.split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => !NOT_KEPT.has(name) && !named.has(name) && !secrets.includes(value),
    ),
  );
}
