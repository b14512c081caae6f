import type { EventId, HooklineEvent, IncomingEvent } from '@hookline/core';
import { named } from '../client/row.ts';
import type { ScriptArg } from '../client/script.ts';

/** Reads the body as its provider's handlers expect it; `undefined` when it cannot be read. */
export type ParsePayload = (
  provider: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
) => unknown;

/** An event as its hash has it. */
function recordOf(event: IncomingEvent) {
  return {
    source: event.source,
    provider: event.provider,
    providerId: event.providerId,
    type: event.type,
    receivedAt: event.receivedAt,
    verifiedAt: event.verifiedAt,
    headers: JSON.stringify(event.headers),
    body: event.body,
    sha256: event.sha256,
    bodyTrusted: event.bodyTrusted ? 1 : 0,
    priority: event.priority ?? 0,
  } satisfies Record<string, ScriptArg>;
}

/** What is written of a new event: `field, value, …`. */
export function fieldsOf(event: IncomingEvent): readonly ScriptArg[] {
  const record = recordOf(event);
  const fields: ScriptArg[] = [];
  let field: keyof typeof record;
  for (field in record) fields.push(field, record[field]);
  return fields;
}

/** The fields that handlers are given the event from. */
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
] as const satisfies readonly (keyof ReturnType<typeof recordOf>)[];

/** A stored event's fields by their names. */
export type EventRecord = Readonly<Record<(typeof EVENT_FIELDS)[number], Buffer>>;

/** @param values what Redis gives for `EVENT_FIELDS` @returns `undefined` when it does not hold the event, or not its body any more */
export function eventRecord(values: readonly (Buffer | null)[]): EventRecord | undefined {
  const record = named(EVENT_FIELDS, values);
  return record.source && record.body ? (record as EventRecord) : undefined;
}

/** Turns a stored event into what handlers see. */
export function eventFromRecord(id: EventId, record: EventRecord, parsePayload: ParsePayload): HooklineEvent {
  const provider = record.provider.toString();
  const headers = JSON.parse(record.headers.toString()) as Record<string, string>;
  return {
    id,
    source: record.source.toString(),
    provider,
    providerId: record.providerId.toString(),
    type: record.type.toString(),
    receivedAt: Number(record.receivedAt),
    payload: parsePayload(provider, headers, record.body),
    body: record.body,
    headers,
    bodyTrusted: record.bodyTrusted.toString() === '1',
  };
}
