import type { EventStatus, Pruned, PruneLimits } from '@hookline/core';
import { sql, type Kysely } from 'kysely';
import type { ForgottenEvent, HistoryStore } from './store.ts';
import { SPAN, type Tables } from '../schema/tables.ts';

/** Nothing more will happen to these by itself. */
const SETTLED: readonly EventStatus[] = ['handled', 'unhandled', 'dead'];
/** Rows of one transaction: recording waits for no more. */
const STEP = 200;

/** Deletes what is older than the limits, and what is more than them; never an open event. */
export async function prune(store: HistoryStore, limits: PruneLimits): Promise<Pruned> {
  const { before, perSource = {}, mostRefusals, mostAudit } = limits;
  const { db } = store;
  const own = Object.entries(perSource);
  const ofOthers = own.filter(([, limits]) => limits.before !== undefined).map(([source]) => source);
  let events = await forgetAll(store, (last) =>
    settled(db, before, last).$if(ofOthers.length > 0, (rows) => rows.where('source', 'not in', ofOthers)),
  );
  for (const [source, limits] of own) {
    const { before: until, most } = limits;
    if (until !== undefined)
      events += await forgetAll(store, (last) => settled(db, until, last).where('source', '=', source));
    const newest = most === undefined ? undefined : await newestBeyond(db, source, most);
    if (newest !== undefined) events += await forgetAll(store, (last) => surplus(db, source, newest, last));
  }
  await forgetSpans(db);
  await deleteInSteps((most) => orphanAttempts(db, before, most));
  return {
    events,
    refusals:
      (await deleteInSteps((most) => oldRefusals(db, before, most))) +
      (await forgetBeyond(db, 'refusals', mostRefusals)),
    audit:
      (await deleteInSteps((most) => oldAudit(db, before, most))) +
      (await forgetBeyond(db, 'audit', mostAudit)),
  };
}

type Place = ForgottenEvent & { readonly received_at: number };

/** The oldest settled events of before a time, beyond the last that was seen. */
function settled(db: Kysely<Tables>, before: number, last: Place | undefined) {
  const rows = db
    .selectFrom('events')
    .select(['seq', 'id', 'received_at'])
    .where('status', 'in', SETTLED)
    .where('received_at', '<', before)
    .orderBy('received_at')
    .limit(STEP);
  return last === undefined ? rows : rows.where('received_at', '>=', last.received_at);
}

/** The oldest settled events of a source, up to a place. */
function surplus(db: Kysely<Tables>, source: string, newest: number, last: Place | undefined) {
  return db
    .selectFrom('events')
    .select(['seq', 'id', 'received_at'])
    .where('status', 'in', SETTLED)
    .where('source', '=', source)
    .where('seq', '<=', newest)
    .where('seq', '>', last?.seq ?? 0)
    .orderBy('seq')
    .limit(STEP);
}

async function forgetAll(
  store: HistoryStore,
  oldest: (last: Place | undefined) => { execute(): Promise<Place[]> },
): Promise<number> {
  let events = 0;
  for (let last: Place | undefined; ;) {
    const rows = await oldest(last).execute();
    if (rows.length === 0) return events;
    await store.forget(rows);
    events += rows.length;
    last = rows.at(-1);
    await rest();
  }
}

/** The newest event of a source that is one too many; open ones count too. */
async function newestBeyond(db: Kysely<Tables>, source: string, most: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('events')
    .select('seq')
    .where('source', '=', source)
    .orderBy('seq', 'desc')
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  return row?.seq;
}

async function deleteInSteps(step: (most: number) => Promise<number>): Promise<number> {
  for (let rows = 0; ;) {
    const deleted = await step(STEP);
    rows += deleted;
    if (deleted < STEP) return rows;
    await rest();
  }
}

async function oldRefusals(db: Kysely<Tables>, before: number, most: number): Promise<number> {
  const old = db.selectFrom('refusals').select('id').where('at', '<', before).orderBy('at').limit(most);
  const { numDeletedRows } = await db.deleteFrom('refusals').where('id', 'in', old).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** All but so many of the newest. */
async function forgetBeyond(
  db: Kysely<Tables>,
  table: 'refusals' | 'audit',
  kept: number | undefined,
): Promise<number> {
  if (kept === undefined) return 0;
  const newestFirst = db.selectFrom(table).select(['at', 'id']).orderBy('at', 'desc').orderBy('id', 'desc');
  const last = await newestFirst.offset(kept).limit(1).executeTakeFirst();
  if (last === undefined) return 0;
  const beyond = sql<boolean>`(at, id) <= (${last.at}, ${last.id})`;
  return deleteInSteps(async (most) => {
    const old = db.selectFrom(table).select('id').where(beyond).orderBy('at').limit(most);
    const { numDeletedRows } = await db.deleteFrom(table).where('id', 'in', old).executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  });
}

/** An audit line of an event that is still there stays with it. */
async function oldAudit(db: Kysely<Tables>, before: number, most: number): Promise<number> {
  const old = db
    .selectFrom('audit')
    .select('id')
    .where('at', '<', before)
    .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM events WHERE events.id = audit.event_id)`)
    .limit(most);
  const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Attempts whose event never came, or came and went. */
async function orphanAttempts(db: Kysely<Tables>, before: number, most: number): Promise<number> {
  const old = db
    .selectFrom('attempts')
    .select(['event_id', 'run'])
    .where('ended_at', '<', before)
    .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM events WHERE events.id = attempts.event_id)`)
    .limit(most);
  const rows = await old.execute();
  for (const { event_id, run } of rows)
    await db.deleteFrom('attempts').where('event_id', '=', event_id).where('run', '=', run).execute();
  return rows.length;
}

async function forgetSpans(db: Kysely<Tables>): Promise<void> {
  const first = await db
    .selectFrom('events')
    .select(({ fn }) => fn.min('seq').as('seq'))
    .executeTakeFirst();
  await db
    .deleteFrom('spans')
    .where('number', '<', Math.floor((first?.seq ?? 0) / SPAN))
    .execute();
}

/** Lets whoever records go first. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
