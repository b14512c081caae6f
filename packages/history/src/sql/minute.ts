import { sql, type Kysely } from 'kysely';
import { MINUTE } from '../rollup/blocks.ts';
import { EMPTY, histogramOf } from '../rollup/histogram.ts';
import {
  ADD,
  NO_ATTEMPTS,
  type AttemptSums,
  type EventSums,
  type SumKind,
  type Sums,
} from '../rollup/sums.ts';
import type { Tables } from '../schema/tables.ts';
import { ask, type Script } from './script.ts';

/** What a minute's rows come to, for each source and handler or reason, and for all of them together. */
export interface Minute<Kind extends SumKind> {
  readonly parts: readonly Part<Kind>[];
  readonly rows: number;
  readonly activity: readonly Activity[];
}

export interface Part<Kind extends SumKind> {
  readonly source: string;
  readonly name: string;
  readonly sums: Sums[Kind];
}

/** When something of a source or handler was last seen in the minute. */
export type Activity =
  | {
      readonly kind: 'event' | 'refusal';
      readonly source: string;
      readonly provider: string | null;
      readonly at: number;
    }
  | { readonly kind: 'attempt'; readonly handler: string; readonly at: number };

/** Sums the events that were received in a minute. */
export function* sumEvents(db: Kysely<Tables>, minute: number): Script<Minute<'events'>> {
  const groups = yield* ask(
    sql<{
      source: string;
      provider: string;
      ack: number;
      rows: number;
      first: number;
      last: number;
    }>`SELECT source, provider, recorded_at - received_at AS ack, count(*) AS rows,
         min(received_at) AS first, max(received_at) AS last
       FROM events WHERE received_at >= ${minute} AND received_at < ${minute + MINUTE} GROUP BY 1, 2, 3`.compile(
      db,
    ),
  );
  return {
    rows: rowsOf(groups),
    activity: groups.map(({ source, provider, last: at }) => ({ kind: 'event', source, provider, at })),
    parts: partsOf(
      'events',
      groups.map(({ source, ack, rows, first, last }) => {
        const sums: EventSums = { events: rows, ack: histogramOf([[ack, rows]]), first, last, gaps: EMPTY };
        return { source, name: '', sums };
      }),
    ),
  };
}

/** Sums the attempts that ended in a minute. One whose event did not come yet is of no source until it does. */
export function* sumAttempts(db: Kysely<Tables>, minute: number): Script<Minute<'attempts'>> {
  const ended = sql`a.ended_at >= ${minute} AND a.ended_at < ${minute + MINUTE}`;
  // A replay counts its attempts from 1 again, and waited for a person.
  const isFirst = sql`a.number = 1 AND NOT EXISTS (SELECT 1 FROM attempts b
    WHERE b.event_id = a.event_id AND b.handler = a.handler AND b.started_at < a.started_at)`;
  const groups = yield* ask(
    sql<{
      source: string | null;
      handler: string;
      outcome: 'succeeded' | 'retried' | 'dead';
      run: number;
      wait: number | null;
      rows: number;
      last: number;
    }>`SELECT e.source, a.handler, a.outcome, a.ended_at - a.started_at AS run,
         CASE WHEN ${isFirst} THEN a.started_at - e.recorded_at END AS wait, count(*) AS rows, max(a.ended_at) AS last
       FROM attempts a LEFT JOIN events e ON e.id = a.event_id WHERE ${ended} GROUP BY 1, 2, 3, 4, 5`.compile(
      db,
    ),
  );
  if (groups.some(({ source }) => source === null))
    yield* ask(
      sql`INSERT INTO awaited (event_id, minute)
          SELECT DISTINCT a.event_id, CAST(${minute} AS bigint) FROM attempts a LEFT JOIN events e ON e.id = a.event_id
          WHERE ${ended} AND e.id IS NULL ON CONFLICT DO NOTHING`.compile(db),
    );
  return {
    rows: rowsOf(groups),
    activity: groups.map(({ handler, last: at }) => ({ kind: 'attempt', handler, at })),
    parts: partsOf(
      'attempts',
      groups.map(({ source, handler, outcome, run, wait, rows }) => {
        const sums: AttemptSums = {
          ...NO_ATTEMPTS,
          [outcome]: rows,
          run: histogramOf([[run, rows]]),
          wait: wait === null ? EMPTY : histogramOf([[wait, rows]]),
        };
        return { source: source ?? '', name: handler, sums };
      }),
    ),
  };
}

/** Sums the refusals of a minute, with those that a flood left out. */
export function* sumRefusals(db: Kysely<Tables>, minute: number): Script<Minute<'refusals'>> {
  const groups = yield* ask(
    sql<{
      source: string;
      reason: string;
      provider: string | null;
      rows: number;
      suppressed: number;
      last: number;
    }>`SELECT source, reason, max(provider) AS provider, count(*) AS rows, sum(suppressed) AS suppressed, max(at) AS last
       FROM refusals WHERE at >= ${minute} AND at < ${minute + MINUTE} GROUP BY 1, 2`.compile(db),
  );
  return {
    rows: rowsOf(groups),
    activity: groups.map(({ source, provider, last: at }) => ({ kind: 'refusal', source, provider, at })),
    parts: partsOf(
      'refusals',
      groups.map(({ source, reason: name, rows, suppressed }) => ({
        source,
        name,
        // A sum of whole numbers is of a type of its own in PostgreSQL.
        sums: { refused: rows + Number(suppressed) },
      })),
    ),
  };
}

function rowsOf(groups: readonly { readonly rows: number }[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/** Adds each group to its source and name, to all of its source, to all of its name, and to all. */
function partsOf<Kind extends SumKind>(kind: Kind, groups: readonly Part<Kind>[]): readonly Part<Kind>[] {
  const parts = new Map<string, Part<Kind>>();
  for (const group of groups)
    for (const source of new Set([group.source, '']))
      for (const name of new Set([group.name, ''])) {
        const key = JSON.stringify([source, name]);
        const before = parts.get(key);
        const sums = before === undefined ? group.sums : ADD[kind](before.sums, group.sums);
        parts.set(key, { source, name, sums });
      }
  return [...parts.values()];
}
