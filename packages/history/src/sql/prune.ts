import type { EventStatus, Pruned, PruneLimits } from '@hookline/core';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { forgetDeaths } from './deaths.ts';
import { forgetSums } from './forget-sums.ts';
import { ask, type Script } from './script.ts';
import { sealAttempts, sealMinutes } from './seal.ts';
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
  const horizon = Math.min(before, ...own.map(([, limits]) => limits.before ?? before));
  let events = await forgetAll(store, horizon, (last) =>
    settled(db, before, last).$if(ofOthers.length > 0, (rows) => rows.where('source', 'not in', ofOthers)),
  );
  for (const [source, limits] of own) {
    const { before: until, most } = limits;
    if (until !== undefined)
      events += await forgetAll(store, horizon, (last) =>
        settled(db, until, last).where('source', '=', source),
      );
    const newest = most === undefined ? undefined : await newestBeyond(db, source, most);
    if (newest !== undefined)
      events += await forgetAll(store, horizon, (last) => surplus(db, source, newest, last));
  }
  await forgetSpans(db);
  await deleteInSteps((most) => store.transact(orphanAttempts(db, before, horizon, most)));
  const old = sql<boolean>`at < ${before}`;
  const refusals =
    (await deleteInSteps((most) => store.transact(deleteRefusals(db, old, horizon, most)))) +
    (await forgetBeyond(db, 'refusals', mostRefusals, (beyond, most) =>
      store.transact(deleteRefusals(db, beyond, horizon, most)),
    ));
  const audit =
    (await deleteInSteps((most) => oldAudit(db, before, most))) +
    (await forgetBeyond(db, 'audit', mostAudit, (beyond, most) => deleteAudit(db, beyond, most)));
  await forgetSums(db, horizon, rest);
  return { events, refusals, audit };
}

/** The oldest settled events of before a time, beyond the last that was seen. */
function settled(db: Kysely<Tables>, before: number, last: ForgottenEvent | undefined) {
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
function surplus(db: Kysely<Tables>, source: string, newest: number, last: ForgottenEvent | undefined) {
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
  horizon: number,
  oldest: (last: ForgottenEvent | undefined) => { execute(): Promise<ForgottenEvent[]> },
): Promise<number> {
  let events = 0;
  for (let last: ForgottenEvent | undefined; ;) {
    const rows = await oldest(last).execute();
    if (rows.length === 0) return events;
    await store.forget(rows, horizon);
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

function* deleteRefusals(
  db: Kysely<Tables>,
  which: RawBuilder<boolean>,
  horizon: number,
  most: number,
): Script<number> {
  const old = db.selectFrom('refusals').select(['id', 'at']).where(which).orderBy('at').limit(most);
  const rows = yield* ask(old.compile());
  if (rows.length === 0) return 0;
  yield* sealMinutes(
    db,
    'refusals',
    rows.map(({ at }) => at),
    horizon,
  );
  const ids = rows.map(({ id }) => id);
  yield* ask(db.deleteFrom('refusals').where('id', 'in', ids).compile());
  return rows.length;
}

async function deleteAudit(db: Kysely<Tables>, which: RawBuilder<boolean>, most: number): Promise<number> {
  const old = db.selectFrom('audit').select('id').where(which).orderBy('at').limit(most);
  const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** All but so many of the newest. */
async function forgetBeyond(
  db: Kysely<Tables>,
  table: 'refusals' | 'audit',
  kept: number | undefined,
  remove: (beyond: RawBuilder<boolean>, most: number) => Promise<number>,
): Promise<number> {
  if (kept === undefined) return 0;
  const newestFirst = db.selectFrom(table).select(['at', 'id']).orderBy('at', 'desc').orderBy('id', 'desc');
  const last = await newestFirst.offset(kept).limit(1).executeTakeFirst();
  if (last === undefined) return 0;
  const beyond = sql<boolean>`(at, id) <= (${last.at}, ${last.id})`;
  return deleteInSteps((most) => remove(beyond, most));
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
function* orphanAttempts(db: Kysely<Tables>, before: number, horizon: number, most: number): Script<number> {
  const old = db
    .selectFrom('attempts')
    .select(['event_id', 'run'])
    .where('ended_at', '<', before)
    .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM events WHERE events.id = attempts.event_id)`)
    .limit(most);
  const rows = yield* ask(old.compile());
  if (rows.length === 0) return 0;
  const events = [...new Set(rows.map(({ event_id }) => event_id))];
  yield* sealAttempts(db, events, horizon);
  yield* forgetDeaths(db, events, before);
  for (const { event_id, run } of rows)
    yield* ask(db.deleteFrom('attempts').where('event_id', '=', event_id).where('run', '=', run).compile());
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
