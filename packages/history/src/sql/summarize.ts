import { sql, type Kysely } from 'kysely';
import { blockStart, MINUTE, STEPS } from '../rollup/blocks.ts';
import { ADD, type SumKind, type Sums } from '../rollup/sums.ts';
import type { TouchedKind } from '../schema/activity-tables.ts';
import type { Tables } from '../schema/tables.ts';
import { noteActivity } from './note-activity.ts';
import { recordDeaths } from './deaths.ts';
import { sumAttempts, sumEvents, sumRefusals, type Activity, type Part } from './minute.ts';
import { ask, type Script } from './script.ts';

export interface TouchedMinute {
  readonly minute: number;
  readonly kind: TouchedKind;
}

/** Marks and rows of one step: recording waits for no more, but for a whole minute's. */
const [MOST_MINUTES, ENOUGH_ROWS] = [40, 4_000];

export interface Step {
  readonly summed: readonly (TouchedMinute & { readonly rows: number })[];
  readonly more: boolean;
}

/**
 * Sums the newest touched minutes anew, and the blocks that they are in. That comes to the same however often it is done and
 * in whatever order rows came.
 * @param resting minutes that are left for later
 */
export function* summarizeStep(db: Kysely<Tables>, resting: readonly number[]): Script<Step> {
  yield* touchAwaited(db);
  const touched = yield* ask(
    db
      .selectFrom('touched')
      .selectAll()
      .$if(resting.length > 0, (rows) => rows.where('minute', 'not in', resting))
      .orderBy('minute', 'desc')
      .limit(MOST_MINUTES + 1)
      .compile(),
  );
  const summed = yield* sumMinutes(db, touched.slice(0, MOST_MINUTES));
  return { summed, more: summed.length < touched.length };
}

/** Minutes whose attempts were of no source: their events have come. */
function* touchAwaited(db: Kysely<Tables>): Script<void> {
  const [any] = yield* ask(db.selectFrom('awaited').select('minute').limit(1).compile());
  if (any === undefined) return;
  yield* ask(
    sql`INSERT INTO touched (minute, kind) SELECT DISTINCT w.minute, 'attempts' FROM awaited w
        JOIN events e ON e.id = w.event_id WHERE true ON CONFLICT DO NOTHING`.compile(db),
  );
  yield* ask(
    sql`DELETE FROM awaited WHERE EXISTS (SELECT 1 FROM events e WHERE e.id = awaited.event_id)`.compile(db),
  );
}

/** @returns those that there was time for */
export function* sumMinutes(db: Kysely<Tables>, touched: readonly TouchedMinute[]): Script<Step['summed']> {
  const summed: (TouchedMinute & { rows: number })[] = [];
  const activity: Activity[] = [];
  let left = ENOUGH_ROWS;
  for (const { minute, kind } of touched) {
    if (left <= 0) break;
    yield* ask(db.deleteFrom('touched').where('minute', '=', minute).where('kind', '=', kind).compile());
    const isSealed = yield* ask(
      db.selectFrom('sealed').selectAll().where('minute', '=', minute).where('kind', '=', kind).compile(),
    );
    const found = isSealed.length > 0 ? undefined : yield* sumMinute(db, kind, minute);
    activity.push(...(found?.activity ?? []));
    summed.push({ minute, kind, rows: found?.rows ?? 0 });
    left -= found?.rows ?? 0;
  }
  for (const kind of ['events', 'attempts', 'refusals'] as const)
    yield* sumBlocks(
      db,
      kind,
      summed.filter((each) => each.kind === kind && each.rows > 0).map(({ minute }) => minute),
    );
  yield* noteActivity(db, activity);
  return summed;
}

interface Summed {
  readonly rows: number;
  readonly activity: readonly Activity[];
}

function* sumMinute(db: Kysely<Tables>, kind: TouchedKind, minute: number): Script<Summed> {
  switch (kind) {
    case 'events': {
      const found = yield* sumEvents(db, minute);
      yield* writeParts(db, kind, MINUTE, minute, found.parts);
      return found;
    }
    case 'attempts': {
      const found = yield* sumAttempts(db, minute);
      yield* writeParts(db, kind, MINUTE, minute, found.parts);
      return found;
    }
    case 'refusals': {
      const found = yield* sumRefusals(db, minute);
      yield* writeParts(db, kind, MINUTE, minute, found.parts);
      return found;
    }
    case 'deaths': {
      const ended = db
        .selectFrom('attempts')
        .where('ended_at', '>=', minute)
        .where('ended_at', '<', minute + MINUTE);
      const dead = yield* ask(ended.where('outcome', '=', 'dead').selectAll().compile());
      yield* recordDeaths(db, dead);
      return { rows: dead.length, activity: [] };
    }
  }
}

/** Makes the longer blocks anew that these minutes are in. */
function* sumBlocks<Kind extends SumKind>(
  db: Kysely<Tables>,
  kind: Kind,
  minutes: readonly number[],
): Script<void> {
  for (const [at, step] of STEPS.entries()) {
    const shorter = STEPS[at - 1];
    if (shorter === undefined) continue;
    for (const block of new Set(minutes.map((minute) => blockStart(step, minute)))) {
      const rows = yield* ask(
        db
          .selectFrom('rollups')
          .select(['source', 'name', 'sums'])
          .where('step', '=', shorter)
          .where('at', '>=', block)
          .where('at', '<', block + step)
          .where('kind', '=', kind)
          .orderBy('at')
          .compile(),
      );
      const parts = new Map<string, Part<Kind>>();
      for (const { source, name, sums: text } of rows) {
        const key = JSON.stringify([source, name]);
        const sums: Sums[Kind] = JSON.parse(text);
        const before = parts.get(key);
        parts.set(key, { source, name, sums: before === undefined ? sums : ADD[kind](before.sums, sums) });
      }
      yield* writeParts(db, kind, step, block, [...parts.values()]);
    }
  }
}

const PAGE = 200;

function* writeParts<Kind extends SumKind>(
  db: Kysely<Tables>,
  kind: Kind,
  step: number,
  at: number,
  parts: readonly Part<Kind>[],
): Script<void> {
  for (let from = 0; from < parts.length; from += PAGE)
    yield* ask(
      db
        .insertInto('rollups')
        .values(
          parts
            .slice(from, from + PAGE)
            .map(({ source, name, sums }) => ({ kind, source, name, step, at, sums: JSON.stringify(sums) })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['kind', 'source', 'name', 'step', 'at'])
            .doUpdateSet(({ ref }) => ({ sums: ref('excluded.sums') })),
        )
        .compile(),
    );
}
