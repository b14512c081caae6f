import {
  bodyHash,
  type DeliverySnapshot,
  type EventHistory,
  type EventId,
  type HistoryBody,
} from '@hookline/core';
import type { Kysely } from 'kysely';
import { unpackBody } from '../record/body-codec.ts';
import { attemptOf, auditOf, bufferOf, deliveryOf, headersOf, summaryOf } from './read-rows.ts';
import type { Tables } from '../schema/tables.ts';

/** An event with all that was done with it. */
export async function find(db: Kysely<Tables>, id: EventId): Promise<EventHistory | undefined> {
  const row = await db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const deliveries = (await loadDeliveries(db, [row.seq])).get(row.seq) ?? [];
  const attempts = await db
    .selectFrom('attempts')
    .selectAll()
    .where('event_id', '=', id)
    .orderBy('started_at')
    .orderBy('run')
    .execute();
  const audit = await db
    .selectFrom('audit')
    .selectAll()
    .where('event_id', '=', id)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return {
    event: summaryOf(row, deliveries),
    headers: headersOf(row.headers),
    attempts: attempts.map(attemptOf),
    audit: audit.map(auditOf),
  };
}

/** The exact bytes of an event, as far as they are there and whole. */
export async function findBody(db: Kysely<Tables>, id: EventId): Promise<HistoryBody | undefined> {
  const row = await db
    .selectFrom('events')
    .leftJoin('bodies', 'bodies.seq', 'events.seq')
    .select(['headers', 'sha256', 'encoding', 'body'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const headers = headersOf(row.headers);
  if (row.encoding === null || row.body === null) return { kind: 'absent', headers };
  const stored = bufferOf(row.body);
  const body = unpackBody({ encoding: row.encoding, bytes: stored });
  if (body === undefined) return { kind: 'damaged', headers, body: stored };
  return { kind: bodyHash(body) === row.sha256 ? 'whole' : 'damaged', headers, body };
}

/** The deliveries of events, by the events' places. */
export async function loadDeliveries(
  db: Kysely<Tables>,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, readonly DeliverySnapshot[]>> {
  const found = new Map<number, DeliverySnapshot[]>();
  if (seqs.length === 0) return found;
  const rows = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('seq', 'in', seqs)
    .orderBy('handler')
    .execute();
  for (const row of rows) {
    const list = found.get(row.seq) ?? [];
    list.push(deliveryOf(row));
    found.set(row.seq, list);
  }
  return found;
}
