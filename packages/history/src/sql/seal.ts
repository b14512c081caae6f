import type { EventId } from '@hookline/core';
import { sql, type Kysely } from 'kysely';
import { blockStart, MINUTE } from '../rollup/blocks.ts';
import type { TouchedKind } from '../schema/activity-tables.ts';
import type { Tables } from '../schema/tables.ts';
import { ask, type Script } from './script.ts';
import { sumMinutes } from './summarize.ts';

/**
 * Sums minutes for the last time, as some of their rows are about to be forgotten: what is left could not be summed to the
 * same. What comes late for such a minute is not counted.
 * @param horizon what is older has no sums that would be kept
 */
export function* sealMinutes(
  db: Kysely<Tables>,
  kind: TouchedKind,
  times: readonly number[],
  horizon: number,
): Script<void> {
  const oldest = blockStart(MINUTE, horizon);
  const minutes = [...new Set(times.map((time) => blockStart(MINUTE, time)))].filter(
    (minute) => minute >= oldest,
  );
  if (minutes.length === 0) return;
  const touched = yield* ask(
    db.selectFrom('touched').selectAll().where('minute', 'in', minutes).where('kind', '=', kind).compile(),
  );
  // A minute at a time: each is summed, however many rows it has.
  for (const each of touched) yield* sumMinutes(db, [each]);
  yield* ask(
    db
      .insertInto('sealed')
      .values(minutes.map((minute) => ({ minute, kind })))
      .onConflict((conflict) => conflict.doNothing())
      .compile(),
  );
}

/** Seals the minutes in which attempts for these events ended. */
export function* sealAttempts(db: Kysely<Tables>, events: readonly EventId[], horizon: number): Script<void> {
  const minutes = yield* ask(
    sql<{ minute: number }>`SELECT DISTINCT ended_at - ended_at % ${sql.lit(MINUTE)} AS minute
      FROM attempts WHERE event_id IN (${sql.join(events)})`.compile(db),
  );
  yield* sealMinutes(
    db,
    'attempts',
    minutes.map(({ minute }) => minute),
    horizon,
  );
}
