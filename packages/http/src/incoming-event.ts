import {
  bodyHash,
  eventIdOf,
  type Identity,
  type IncomingEvent,
  type Provider,
  type ProviderRequest,
} from '@hookline/core';
import type { IncomingMessage } from 'node:http';

/** One configured endpoint, as the receiver uses it. */
export interface WebhookSource {
  readonly name: string;
  readonly provider: Provider;
  /** The public address, for providers that sign it. */
  readonly url?: string;
  secrets(): readonly string[];
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

/** What cannot be identified has its body's hash for an id, and the type `unknown`. */
export function toEvent(
  source: WebhookSource,
  request: ProviderRequest,
  identity: Identity,
  times: Pick<IncomingEvent, 'receivedAt' | 'verifiedAt'>,
): IncomingEvent {
  const sha256 = bodyHash(request.body);
  const type = identity.type || 'unknown';
  // An empty id is none: all events that have it would be copies of one another.
  const providerId = identity.deliveryId || `body-${sha256}`;
  const priority = source.priorityOf(type);
  return {
    id: eventIdOf(source.name, providerId),
    source: source.name,
    provider: source.provider.name,
    providerId,
    type,
    ...times,
    headers: keptHeaders(request.headers, source.secrets()),
    body: request.body,
    sha256,
    bodyTrusted: source.provider.bodyTrusted,
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
