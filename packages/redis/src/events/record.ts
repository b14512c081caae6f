import type { EventId, EventStatus, HooklineEvent, IncomingEvent } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { named } from '../client/row.ts';
import type { ScriptArg } from '../client/script.ts';

/** Those of events that somebody has to look after: a list of each is kept. */
export const UNSETTLED_STATUSES = [
  'received',
  'queued',
  'dispatched',
  'dead',
] as const satisfies readonly EventStatus[];

/** Reads the body as its provider's handlers expect it; `undefined` when it cannot be read. */
export type ParsePayload = (
  provider: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
) => unknown;

/** What there is to write down of an event. */
type RecordedFacts = Omit<IncomingEvent, 'id'>;

/** An event as its hash has it. */
function recordOf(event: RecordedFacts) {
  return {
    source: event.source,
    provider: event.provider,
    providerId: event.providerId,
    type: event.type,
    receivedAt: event.receivedAt,
    verifiedAt: event.verifiedAt,
    headers: JSON.stringify(event.headers),
    pieces: Math.max(1, Math.ceil(event.body.length / PIECE_BYTES)),
    sha256: event.sha256,
    bodyTrusted: event.bodyTrusted ? 1 : 0,
    priority: event.priority ?? 0,
  } satisfies Record<string, ScriptArg>;
}

/**
 * A body lies in pieces, `body`, `body1`, …: Redis does one command at a time, and with 24 MiB in one script it does
 * nothing else for 250 ms; with 1 MiB in a plain one for 3 ms.
 */
const PIECE_BYTES = 1024 * 1024;

/** The fields of a body, in order. */
export function* piecesOf(body: Buffer): Generator<readonly [field: string, bytes: Buffer]> {
  yield ['body', body.subarray(0, PIECE_BYTES)];
  for (let piece = 1; piece * PIECE_BYTES < body.length; piece += 1)
    yield [`body${piece}`, body.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES)];
}

/** What is written of a new event beside its body: `field, value, …`. */
export function fieldsOf(event: RecordedFacts): readonly ScriptArg[] {
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
  'pieces',
  'sha256',
  'bodyTrusted',
] as const satisfies readonly (keyof ReturnType<typeof recordOf> | 'body')[];

/** A stored event's fields by their names. */
export type EventRecord = Readonly<Record<(typeof EVENT_FIELDS)[number], Buffer>>;

/**
 * @param values what Redis gives for `EVENT_FIELDS`; the rest of a large body is read here
 * @returns `undefined` when Redis does not hold the event, or not its body any more
 */
export async function eventRecord(
  partition: Partition,
  id: EventId,
  values: readonly (Buffer | null)[],
): Promise<EventRecord | undefined> {
  const record = named(EVENT_FIELDS, values);
  if (!record.source || !record.body) return undefined;
  // Events of earlier versions do not say it, and lie in one.
  const pieces = Number(record.pieces ?? 1);
  const body = pieces === 1 ? record.body : await piecesFrom(partition, id, pieces);
  return body === undefined ? undefined : { ...(record as EventRecord), body };
}

/** The body of an event that lies in so many pieces; `undefined` when one of them is not there any more. */
export async function piecesFrom(
  { connection, keys }: Partition,
  id: EventId,
  count: number,
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  for (let piece = 0; piece < count; piece += 1) {
    const bytes = await connection.hgetBuffer(keys.event(id), piece === 0 ? 'body' : `body${piece}`);
    if (bytes === null) return undefined;
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

/** Turns a stored event into what handlers see. */
export function eventFromRecord(id: EventId, record: EventRecord, parsePayload: ParsePayload): HooklineEvent {
  const provider = record.provider.toString();
  let headers: Record<string, string> | undefined;
  let payload: { readonly value: unknown } | undefined;
  const headersOf = () => (headers ??= JSON.parse(record.headers.toString()) as Record<string, string>);
  return {
    id,
    source: record.source.toString(),
    provider,
    providerId: record.providerId.toString(),
    type: record.type.toString(),
    receivedAt: Number(record.receivedAt),
    // Not every handler looks at them, and reading both takes as long as all else that a worker does for an event.
    get payload() {
      payload ??= { value: parsePayload(provider, headersOf(), record.body) };
      return payload.value;
    },
    body: record.body,
    get headers() {
      return headersOf();
    },
    bodyTrusted: record.bodyTrusted.toString() === '1',
  };
}
