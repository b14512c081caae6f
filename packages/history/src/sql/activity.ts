import type { ActivityRange, HandlerSummary, SourceSummary } from '@hookline/core';
import { sql, type Kysely } from 'kysely';
import { MINUTE, stretchesOf } from '../rollup/blocks.ts';
import { countOf, EMPTY, percentileOf, type Histogram } from '../rollup/histogram.ts';
import { ADD, NO_ATTEMPTS, type SumKind, type Sums } from '../rollup/sums.ts';
import type { Tables } from '../schema/tables.ts';

const RHYTHM_MS = 14 * 86_400_000;
/** Fewer gaps are no rhythm. */
const FEWEST_GAPS = 5;
/** Anybody can name a source that there is not. */
const MOST_REFUSED = 100;
/** Windows of one statement. */
const PAGE = 500;

/** What came in on each source. */
export async function sources(db: Kysely<Tables>, range: ActivityRange): Promise<readonly SourceSummary[]> {
  const rows = db.selectFrom('sources').selectAll();
  const known = await rows.where('last_event_at', 'is not', null).execute();
  const refused = await rows
    .where('last_event_at', 'is', null)
    .orderBy('last_refusal_at', 'desc')
    .limit(MOST_REFUSED)
    .execute();
  const events = await sumsOf(db, 'events', range, sql`r.source <> '' AND r.name = ''`);
  const refusals = await sumsOf(db, 'refusals', range, sql`r.source <> '' AND r.name <> ''`);
  const gaps = await usualGaps(db, known);
  return [...known, ...refused]
    .map(({ source, provider, last_event_at, last_refusal_at }) => {
      const usualGap = gaps.get(source);
      return {
        source,
        provider: provider ?? undefined,
        events: events.get(source)?.get('')?.events ?? 0,
        refused: Object.fromEntries(
          [...(refusals.get(source) ?? [])].map(([reason, { refused }]) => [reason, refused]),
        ),
        lastEventAt: last_event_at ?? undefined,
        ...(last_refusal_at === null ? {} : { lastRefusalAt: last_refusal_at }),
        ...(usualGap === undefined ? {} : { usualGap }),
      };
    })
    .toSorted((a, b) => (a.source < b.source ? -1 : 1));
}

/** What each handler did. */
export async function handlers(db: Kysely<Tables>, range: ActivityRange): Promise<readonly HandlerSummary[]> {
  const known = await db.selectFrom('handlers').selectAll().orderBy('handler').execute();
  const attempts = await sumsOf(db, 'attempts', range, sql`r.source = '' AND r.name <> ''`);
  return known.map(({ handler, last_at: lastAt }) => {
    const { succeeded, retried, dead, run, wait } = attempts.get('')?.get(handler) ?? NO_ATTEMPTS;
    return {
      handler,
      succeeded,
      failed: retried + dead,
      dead,
      ...percentiles('run', run),
      ...percentiles('wait', wait),
      lastAt,
    };
  });
}

/** The median and what 99 of 100 do not exceed, as fields; none of nothing. */
export function percentiles<Name extends string>(name: Name, histogram: Histogram) {
  const [p50, p99] = [percentileOf(histogram, 0.5), percentileOf(histogram, 0.99)];
  const fields: { [Field in `${Name}P50` | `${Name}P99`]?: number } = {};
  return p50 === undefined || p99 === undefined
    ? fields
    : { ...fields, [`${name}P50`]: p50, [`${name}P99`]: p99 };
}

type SumsByName<Kind extends SumKind> = Map<string, Map<string, Sums[Kind]>>;

/** Sums of a time by source and name. */
async function sumsOf<Kind extends SumKind>(
  db: Kysely<Tables>,
  kind: Kind,
  { from, until }: ActivityRange,
  which: ReturnType<typeof sql>,
): Promise<SumsByName<Kind>> {
  const found: SumsByName<Kind> = new Map();
  for (const stretch of stretchesOf(from, until)) {
    const { rows } = await sql<{ source: string; name: string; sums: string }>`
      SELECT r.source, r.name, r.sums FROM rollups r WHERE r.step = ${stretch.step} AND r.kind = ${kind}
        AND r.at >= ${stretch.from} AND r.at < ${stretch.until} AND ${which} ORDER BY r.at`.execute(db);
    for (const { source, name, sums } of rows) {
      const named = found.get(source) ?? new Map<string, Sums[Kind]>();
      const before = named.get(name);
      const after: Sums[Kind] = JSON.parse(sums);
      named.set(name, before === undefined ? after : ADD[kind](before, after));
      found.set(source, named);
    }
  }
  return found;
}

/** Of each source as of its last event: however long it is silent, this is how it was before. */
async function usualGaps(
  db: Kysely<Tables>,
  known: readonly { readonly source: string; readonly last_event_at: number | null }[],
): Promise<ReadonlyMap<string, number>> {
  const windows = known.flatMap(({ source, last_event_at }) => {
    const last = last_event_at ?? 0;
    return stretchesOf(last - RHYTHM_MS, last + 1).map((stretch) => ({ source, ...stretch }));
  });
  const sums = new Map<string, Sums['events']>();
  for (let at = 0; at < windows.length; at += PAGE) {
    const values = windows
      .slice(at, at + PAGE)
      .map(
        ({ source, step, from, until }) =>
          sql`(${source}, ${number(step)}, ${number(from)}, ${number(until)})`,
      );
    // A question of its own for each window: joined, PostgreSQL read all 300,000 sums of 30 days for 77, in 75 ms.
    const { rows } = await sql<{ source: string; sums: string | null }>`
      WITH w (source, step, start, stop) AS (VALUES ${sql.join(values)})
      SELECT w.source, (SELECT string_agg(r.sums, ',' ORDER BY r.at) FROM rollups r WHERE r.kind = 'events'
        AND r.source = w.source AND r.name = '' AND r.step = w.step AND r.at >= w.start AND r.at < w.stop) AS sums
      FROM w ORDER BY w.source, w.start`.execute(db);
    for (const { source, sums: list } of rows) {
      const blocks: readonly Sums['events'][] = JSON.parse(`[${list ?? ''}]`);
      for (const block of blocks) {
        const before = sums.get(source);
        sums.set(source, before === undefined ? block : ADD.events(before, block));
      }
    }
  }
  return new Map(
    [...sums].flatMap(([source, { gaps = EMPTY }]) => {
      const gap = countOf(gaps) < FEWEST_GAPS ? undefined : percentileOf(gaps, 0.99);
      // Between two minutes there are whole minutes.
      return gap === undefined ? [] : [[source, Math.max(1, Math.round(gap / MINUTE)) * MINUTE] as const];
    }),
  );
}

function number(value: number) {
  return sql`CAST(${value} AS bigint)`;
}
