import type {
  HistoryPage,
  Issue,
  IssueDelivery,
  IssueQuery,
  IssueState,
  IssueStateChange,
  PageOptions,
} from '@hookline/core';
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import { storable } from '../record/rows.ts';
import type { DeathRow, IssueRow } from '../schema/activity-tables.ts';
import type { Tables } from '../schema/tables.ts';

const HOUR = 3_600_000;
const HOURS = 24;

export async function issues(
  db: Kysely<Tables>,
  { state, handler, source, now, limit, before }: IssueQuery,
): Promise<HistoryPage<Issue>> {
  let rows = db.selectFrom('issues').selectAll();
  if (before !== undefined) {
    const [at, fingerprint] = placeOf(before);
    rows = rows.where(sql<SqlBool>`(last_seen, fingerprint) < (${at}, ${fingerprint})`);
  }
  if (state !== undefined) rows = rows.where(isIn(state));
  if (handler !== undefined) rows = rows.where('handler', '=', handler);
  if (source !== undefined)
    rows = rows.where(sql<SqlBool>`EXISTS (SELECT 1 FROM issue_sources s
      WHERE s.fingerprint = issues.fingerprint AND s.source = ${storable(source)})`);
  const page = await rows.orderBy('last_seen', 'desc').orderBy('fingerprint', 'desc').limit(limit).execute();
  const last = page.at(-1);
  return {
    items: await withRecent(db, page, now),
    next: last === undefined || page.length < limit ? undefined : `${last.last_seen} ${last.fingerprint}`,
  };
}

export async function issue(
  db: Kysely<Tables>,
  fingerprint: string,
  now: number,
): Promise<Issue | undefined> {
  const rows = await db
    .selectFrom('issues')
    .selectAll()
    .where('fingerprint', '=', storable(fingerprint))
    .execute();
  const [found] = await withRecent(db, rows, now);
  return found;
}

export async function setIssueState(
  db: Kysely<Tables>,
  { fingerprint, state, by, at }: IssueStateChange,
): Promise<Issue | undefined> {
  await db
    .updateTable('issues')
    .set({ state, state_at: at, state_by: storable(by) })
    .where('fingerprint', '=', storable(fingerprint))
    .execute();
  return issue(db, fingerprint, at);
}

/** Which deliveries died in an issue's way, each where it last did. */
export async function issueDeliveries(
  db: Kysely<Tables>,
  fingerprint: string,
  { limit, before }: PageOptions,
): Promise<HistoryPage<IssueDelivery>> {
  const [at, event, run] = before === undefined ? [Number.MAX_SAFE_INTEGER, '', ''] : placeOf(before);
  // Only of a page's deaths it is looked up what became of them: without statistics, PostgreSQL looked up all.
  const { rows } = await sql<
    Omit<DeathRow, 'fingerprint'> & { readonly status: IssueDelivery['status'] | null }
  >`
    SELECT d.event_id, d.run, d.handler, d.at, own.status
    FROM (SELECT d.event_id, d.run, d.handler, d.at FROM deaths d
      WHERE d.fingerprint = ${storable(fingerprint)} AND (d.at, d.event_id, d.run) < (${at}, ${event}, ${run})
        AND NOT EXISTS (SELECT 1 FROM deaths later WHERE later.event_id = d.event_id
          AND later.fingerprint = d.fingerprint AND (later.at, later.run) > (d.at, d.run))
      ORDER BY d.at DESC, d.event_id DESC, d.run DESC LIMIT ${limit}) d
    LEFT JOIN events e ON e.id = d.event_id LEFT JOIN deliveries own ON own.seq = e.seq AND own.handler = d.handler
    ORDER BY d.at DESC, d.event_id DESC, d.run DESC`.execute(db);
  const last = rows.at(-1);
  return {
    // Of an event that did not come yet, that it died is the last that is known.
    items: rows.map(({ event_id, handler, at, status }) => ({
      event: event_id,
      handler,
      at,
      status: status ?? 'dead',
    })),
    next: last === undefined || rows.length < limit ? undefined : `${last.at} ${last.event_id} ${last.run}`,
  };
}

/** Where a page ended: a time, and what tells those apart that share it. */
function placeOf(before: string): readonly [at: number, first: string, second: string] {
  const [at = '', first = '', ...rest] = before.split(' ');
  return [Number(at), first, rest.join(' ')];
}

/** What is open is not only what was never anything else. */
function isIn(state: IssueState): RawBuilder<SqlBool> {
  const diedAgain = sql`(state = 'resolved' AND last_seen > state_at)`;
  if (state === 'open') return sql`(state = 'open' OR ${diedAgain})`;
  return sql`state = ${state} AND NOT ${diedAgain}`;
}

async function withRecent(
  db: Kysely<Tables>,
  rows: readonly IssueRow[],
  now: number,
): Promise<readonly Issue[]> {
  const recent = new Map(
    rows.map(({ fingerprint }) => [fingerprint, Array.from({ length: HOURS }, () => 0)]),
  );
  if (recent.size === 0) return [];
  const from = now - HOURS * HOUR;
  const hour = sql<number>`(at - ${sql.lit(from + 1)}) / ${sql.lit(HOUR)}`;
  const counts = await db
    .selectFrom('deaths')
    .select(({ fn }) => ['fingerprint', hour.as('hour'), fn.countAll<number>().as('deaths')])
    .where('fingerprint', 'in', [...recent.keys()])
    .where('at', '>', from)
    .where('at', '<=', now)
    .groupBy(['fingerprint', sql`2`])
    .execute();
  for (const { fingerprint, hour, deaths } of counts) {
    const hours = recent.get(fingerprint);
    if (hours !== undefined) hours[Number(hour)] = Number(deaths);
  }
  return rows.map((row) => issueOf(row, recent.get(row.fingerprint) ?? []));
}

function issueOf(row: IssueRow, recent: readonly number[]): Issue {
  const { state_at: stateAt, state_by: stateBy } = row;
  const diedAgain = row.state === 'resolved' && row.last_seen > (stateAt ?? Infinity);
  return {
    fingerprint: row.fingerprint,
    handler: row.handler,
    error: { name: row.error_name, message: row.error_message },
    title: row.title,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    count: row.count,
    recent,
    sample: row.sample,
    state: diedAgain ? 'open' : row.state,
    ...(stateAt === null ? {} : { stateAt }),
    ...(stateBy === null ? {} : { stateBy }),
  };
}
