import type { EventId, HooklineEvent } from '@hookline/core';

/** Reads the body as its provider's handlers expect it; `undefined` when it cannot be read. */
export type ParsePayload = (
  provider: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
) => unknown;

/** The event's fields as its hash has them, in the order in which they are read. */
export const EVENT_FIELDS = [
  'source',
  'provider',
  'providerId',
  'type',
  'receivedAt',
  'headers',
  'body',
  'sha256',
  'bodyTrusted',
] as const;

/** What these fields hold, in their order. */
export type EventRow = readonly [
  source: Buffer,
  provider: Buffer,
  providerId: Buffer,
  type: Buffer,
  receivedAt: Buffer,
  headers: Buffer,
  body: Buffer,
  sha256: Buffer,
  bodyTrusted: Buffer,
];

/** Turns stored fields into what handlers see. */
export function eventFromRow(id: EventId, row: EventRow, parsePayload: ParsePayload): HooklineEvent {
  const [source, provider, providerId, type, receivedAt, headersJson, body, , bodyTrusted] = row;
  const headers = JSON.parse(headersJson.toString()) as Record<string, string>;
  return {
    id,
    source: source.toString(),
    provider: provider.toString(),
    providerId: providerId.toString(),
    type: type.toString(),
    receivedAt: Number(receivedAt),
    payload: parsePayload(provider.toString(), headers, body),
    body,
    headers,
    bodyTrusted: bodyTrusted.toString() === '1',
  };
}
