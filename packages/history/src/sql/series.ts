import type { SeriesPoint, SeriesQuery } from '@hookline/core';
import type { Kysely } from 'kysely';
import { blockStart, longestStepIn, MINUTE } from '../rollup/blocks.ts';
import { EMPTY } from '../rollup/histogram.ts';
import { ADD, NO_ATTEMPTS, type SumKind, type Sums } from '../rollup/sums.ts';
import type { Tables } from '../schema/tables.ts';
import { percentiles } from './activity.ts';

const MOST_POINTS = 1_500;

/** @throws RangeError for a step that is not whole minutes, and for too many points */
export async function series(db: Kysely<Tables>, query: SeriesQuery): Promise<readonly SeriesPoint[]> {
  const { step, source = '', handler = '' } = query;
  if (!(step >= MINUTE) || step % MINUTE !== 0)
    throw new RangeError(`a step of ${step} ms is not one or more whole minutes`);
  const first = blockStart(step, query.from);
  const points = Math.max(0, Math.ceil((query.until - first) / step));
  if (!(points <= MOST_POINTS)) throw new RangeError(`${points} points are more than ${MOST_POINTS}`);
  const until = first + points * step;
  const events = await sumsByPoint(db, 'events', { source, name: '', step, from: first, until });
  const attempts = await sumsByPoint(db, 'attempts', { source, name: handler, step, from: first, until });
  const refusals = await sumsByPoint(db, 'refusals', { source, name: '', step, from: first, until });
  return Array.from({ length: points }, (_, number) => {
    const at = first + number * step;
    return pointOf(at, events.get(at), attempts.get(at), refusals.get(at)?.refused ?? 0);
  });
}

function pointOf(
  at: number,
  events: Sums['events'] | undefined,
  attempts: Sums['attempts'] = NO_ATTEMPTS,
  refused: number,
): SeriesPoint {
  const { succeeded, retried, dead, wait, run } = attempts;
  return {
    at,
    accepted: events?.events ?? 0,
    handled: succeeded,
    failed: retried + dead,
    dead,
    refused,
    ...percentiles('ack', events?.ack ?? EMPTY),
    ...percentiles('wait', wait),
    ...percentiles('run', run),
  };
}

interface Asked {
  readonly source: string;
  readonly name: string;
  readonly step: number;
  readonly from: number;
  readonly until: number;
}

async function sumsByPoint<Kind extends SumKind>(
  db: Kysely<Tables>,
  kind: Kind,
  { source, name, step, from, until }: Asked,
): Promise<ReadonlyMap<number, Sums[Kind]>> {
  const rows = await db
    .selectFrom('rollups')
    .select(['at', 'sums'])
    .where('kind', '=', kind)
    .where('source', '=', source)
    .where('name', '=', name)
    .where('step', '=', longestStepIn(step))
    .where('at', '>=', from)
    .where('at', '<', until)
    .orderBy('at')
    .execute();
  const points = new Map<number, Sums[Kind]>();
  for (const { at, sums: text } of rows) {
    const point = blockStart(step, at);
    const before = points.get(point);
    const sums: Sums[Kind] = JSON.parse(text);
    points.set(point, before === undefined ? sums : ADD[kind](before, sums));
  }
  return points;
}
