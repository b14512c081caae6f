import {
  partsOf,
  placeOf,
  type AuditLine,
  type AuditQuery,
  type EventCount,
  type HistoryPage,
  type HistoryStats,
  type RefusalQuery,
  type RefusalSnapshot,
  type Revision,
  type TimeRange,
} from '@hookline/core';
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import { storable } from '../record/rows.ts';
import { auditOf, refusalOf } from './read-rows.ts';
import type { HistoryStore } from './store.ts';
import type { Tables } from '../schema/tables.ts';

export async function refusals(
  db: Kysely<Tables>,
  { source, reason, limit, before }: RefusalQuery,
): Promise<HistoryPage<RefusalSnapshot>> {
  let rows = db.selectFrom('refusals').selectAll().where(isBefore(before));
  if (source !== undefined) rows = rows.where('source', '=', storable(source));
  if (reason !== undefined) rows = rows.where('reason', '=', storable(reason));
  return pageOf(
    await rows.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute(),
    limit,
    refusalOf,
  );
}

export async function audit(
  db: Kysely<Tables>,
  { action, limit, before }: AuditQuery,
): Promise<HistoryPage<AuditLine>> {
  let rows = db.selectFrom('audit').selectAll().where(isBefore(before));
  if (action !== undefined) rows = rows.where('action', '=', storable(action));
  return pageOf(
    await rows.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute(),
    limit,
    auditOf,
  );
}

/** A place among rows in order of time: the time, and the row's id. */
function isBefore(place: string | undefined): RawBuilder<SqlBool> {
  if (place === undefined) return sql`1 = 1`;
  const [at, id] = partsOf(place);
  return sql`(at, id) < (${at}, ${id})`;
}

function pageOf<Row extends { readonly at: number; readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
): HistoryPage<Item> {
  const last = rows.at(-1);
  const next = last === undefined || rows.length < limit ? undefined : placeOf(last);
  return { items: rows.map(itemOf), next };
}

/** Events by source and status, received in a time. */
export async function count(db: Kysely<Tables>, { from, until }: TimeRange): Promise<readonly EventCount[]> {
  let rows = db
    .selectFrom('events')
    .select(({ fn }) => ['source', 'status', fn.countAll<number>().as('events')])
    .groupBy(['source', 'status'])
    .orderBy('source')
    .orderBy('status');
  if (from !== undefined) rows = rows.where('received_at', '>=', from);
  if (until !== undefined) rows = rows.where('received_at', '<', until);
  return (await rows.execute()).map(({ source, status, events }) => ({ source, status, events }));
}

export async function cursor(db: Kysely<Tables>, partition: string): Promise<Revision | undefined> {
  const row = await db
    .selectFrom('cursors')
    .selectAll()
    .where('partition', '=', partition)
    .executeTakeFirst();
  return row && `${row.position_ms}-${row.position_count}`;
}

export async function stats(store: HistoryStore): Promise<HistoryStats> {
  const { db } = store;
  const rows = async (table: 'events' | 'attempts' | 'refusals' | 'audit') =>
    (
      await db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .executeTakeFirst()
    )?.rows ?? 0;
  const oldest = await db
    .selectFrom('events')
    .select(({ fn }) => fn.min('received_at').as('at'))
    .executeTakeFirst();
  return {
    events: await rows('events'),
    attempts: await rows('attempts'),
    refusals: await rows('refusals'),
    audit: await rows('audit'),
    bytes: await store.size(),
    oldest: oldest?.at ?? undefined,
  };
}
