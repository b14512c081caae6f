import {
  explain,
  bodyHash,
  eventIdOf,
  type IncomingEvent,
  type Logger,
  type ProviderItem,
} from '@hookline/core';
import { randomUUID } from 'node:crypto';
import type { Verified } from './exchange.ts';

/** The events of a verified request: one, or those of a batch. */
export function split(log: Logger, verified: Verified): readonly IncomingEvent[] {
  return itemsOf(log, verified).map((item) => eventOf(verified, item));
}

/** What verifies is recorded: a provider that cannot read it must not make us refuse it. */
function itemsOf(log: Logger, { source, request }: Verified): readonly ProviderItem[] {
  try {
    return source.provider.split(request);
  } catch (error) {
    log.error('an event could not be identified', { source: source.name, error: explain(error) });
    return [{ body: request.body, bodyTrusted: source.provider.bodyTrusted, repeats: false }];
  }
}

/**
 * What cannot be identified has its body's hash for an id, and the type `unknown`; where equal bodies are different
 * events, an id of its own.
 */
function eventOf(
  { source, request, secrets, receivedAt, verifiedAt }: Verified,
  item: ProviderItem,
): IncomingEvent {
  const { body, bodyTrusted } = item;
  const sha256 = bodyHash(body);
  const type = item.type || 'unknown';
  // An empty id is none: all events that have it would be copies of one another.
  const providerId = item.deliveryId || (item.repeats ? `once-${randomUUID()}` : `body-${sha256}`);
  const priority = source.priorityOf(type);
  const subject = source.subjectOf === undefined ? item.subject : source.subjectOf(body);
  return {
    id: eventIdOf(source.name, providerId),
    source: source.name,
    provider: source.provider.name,
    providerId,
    type,
    receivedAt,
    verifiedAt,
    headers: recordedHeaders(request.headers, secrets),
    body,
    sha256,
    bodyTrusted,
    ...(subject === undefined ? {} : { subject }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Credentials are for the door, and hop-by-hop headers (RFC 9110, 7.6.1) for the connection: neither is part of the event. */
const NOT_RECORDED = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Nor is a header recorded that ends in the secret itself: some providers send it in place of a signature. */
function recordedHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  const named = headers['connection']?.split(',').map((name) => name.trim().toLowerCase());
  const recorded: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (NOT_RECORDED.has(name) || named?.includes(name) || endsInOne(value, secrets)) continue;
    recorded[name] = value;
  }
  return recorded;
}

function endsInOne(value: string, secrets: readonly string[]): boolean {
  for (const secret of secrets) if (value.endsWith(secret)) return true;
  return false;
}
