import { sql, type Kysely, type RawBuilder } from 'kysely';
import { fieldsHold } from '../sql/fields.ts';
import type { Wanted } from '../sql/store.ts';
import type { Tables } from '../schema/tables.ts';
import { queryTokens } from '../text/document.ts';
import { facetToken, type Token } from '../text/tokens.ts';

/** The newest events, that are looked at one by one: among them are enough of whatever is common. */
const WALKED = 4_000;
/** Events in a rare state, or of a rare word, that are looked at one by one. */
const FEW = 10_000;

/**
 * An index of words gives all that have them, in no order, so it answers what is rare; what is common is among the
 * newest; and of a common word in a rare state, the state is where to begin.
 */
export async function candidates(
  db: Kysely<Tables>,
  wanted: Wanted,
  most: number,
): Promise<readonly number[]> {
  const tokens = tokensOf(wanted);
  if (tokens.length === 0) {
    const { rows } = await sql<{ seq: number }>`
      SELECT seq FROM events WHERE ${fieldsHold(wanted)} ORDER BY seq DESC LIMIT ${most}`.execute(db);
    return rows.map(({ seq }) => seq);
  }
  const last = await lastPlace(db, wanted);
  if (last === undefined) return [];
  const walkedFrom = Math.max(wanted.from, last + 1 - WALKED);
  const newest = await lookedUp(
    db,
    sql`SELECT t.seq FROM event_tokens t WHERE t.seq >= ${walkedFrom} AND t.seq <= ${last} AND ${haveAll(tokens)}`,
    sql`events WHERE events.seq = place.seq AND ${fieldsHold({ ...wanted, from: walkedFrom, below: last + 1 })}`,
    most,
  );
  if (newest.length === most || walkedFrom <= wanted.from) return newest;
  const older = { ...wanted, below: walkedFrom };
  const left = most - newest.length;
  const state = await rareState(db, older);
  const rest =
    state === undefined
      ? await indexed(db, older, tokens, left)
      : await lookedUp(
          db,
          sql`SELECT unnest(${state}::int8[]) AS seq`,
          // Most of them have other words, and are not looked for in `events`, too.
          sql`event_tokens t WHERE t.seq = place.seq AND ${haveAll(
            tokens,
            sql`EXISTS (SELECT 1 FROM events WHERE events.seq = t.seq AND ${fieldsHold(older)})`,
          )}`,
          left,
        );
  return [...newest, ...rest];
}

function tokensOf({ query, types }: Wanted): readonly Token[] {
  const tokens = queryTokens(query);
  for (const field of ['source', 'provider'] as const) {
    const value = query[field];
    if (value !== undefined) tokens.add(facetToken(field, value));
  }
  const [type] = types ?? [];
  if (types?.length === 1 && type !== undefined) tokens.add(facetToken('type', type));
  return [...tokens];
}

async function lastPlace(db: Kysely<Tables>, { below }: Wanted): Promise<number | undefined> {
  const row = await db
    .selectFrom('events')
    .select('seq')
    .where('seq', '<', below)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.seq;
}

/** Places in a rare state; `undefined` when none is asked for, or it is not rare. */
async function rareState(
  db: Kysely<Tables>,
  { query, from, below }: Wanted,
): Promise<readonly number[] | undefined> {
  const { status, delivery } = query;
  if (status === undefined && delivery?.handler === undefined) return undefined;
  const rows =
    status === undefined
      ? sql`deliveries WHERE handler = ${delivery?.handler}
      ${delivery?.status === undefined ? sql`` : sql`AND status = ${delivery.status}`}`
      : sql`events WHERE status = ${status}`;
  const found = await sql<{ seq: number }>`
    SELECT seq FROM ${rows} AND seq >= ${from} AND seq < ${below} LIMIT ${FEW + 1}`.execute(db);
  return found.rows.length > FEW ? undefined : found.rows.map(({ seq }) => seq);
}

/**
 * Whether the row of `event_tokens` at hand, as `t`, has all of these, and what else is to hold then. The case keeps the
 * planner from the index.
 */
function haveAll(tokens: readonly Token[], holds: RawBuilder<unknown> = sql`true`): RawBuilder<boolean> {
  return sql`CASE WHEN t.tokens @> ${tokens}::int4[] THEN ${holds} ELSE false END`;
}

/**
 * Those of some thousand places that have a row, newest first, each looked up by itself. How many there are the planner
 * cannot know: free to join them, it read all of a million events for five places, in 120 ms instead of one, and looked
 * up the tokens of 4,000 events one by one, in 27 ms, instead of reading them in a row, in 3. The order of the places
 * and the offset keep it from that, also where there are no statistics yet.
 * @param rows a table with a condition, by `place.seq`
 */
async function lookedUp(
  db: Kysely<Tables>,
  places: RawBuilder<unknown>,
  rows: RawBuilder<unknown>,
  most: number,
): Promise<readonly number[]> {
  const found = await sql<{ seq: number }>`
    SELECT place.seq FROM (${places} ORDER BY seq DESC) AS place
    CROSS JOIN LATERAL (SELECT 1 FROM ${rows} OFFSET 0) AS own
    ORDER BY place.seq DESC LIMIT ${most}`.execute(db);
  return found.rows.map(({ seq }) => seq);
}

/** What the index gives, when it is few: the planner takes it for one event of 200, however few they are. */
async function indexed(
  db: Kysely<Tables>,
  wanted: Wanted,
  tokens: readonly Token[],
  most: number,
): Promise<readonly number[]> {
  const { from, below } = wanted;
  // All but the newest is no range: without statistics, the planner took all of its places from their index as well.
  const range =
    from > 0
      ? sql`seq >= ${from} AND seq < ${below}`
      : sql`CASE WHEN seq < ${below} THEN true ELSE false END`;
  const given = sql`WITH found AS MATERIALIZED (
    SELECT seq FROM event_tokens WHERE tokens @> ${tokens}::int4[] AND ${range})`;
  const few = await sql<{ seq: number }>`${given} SELECT seq FROM found LIMIT ${FEW + 1}`.execute(db);
  if (few.rows.length <= FEW)
    return lookedUp(
      db,
      sql`SELECT unnest(${few.rows.map(({ seq }) => seq)}::int8[]) AS seq`,
      sql`events WHERE events.seq = place.seq AND ${fieldsHold(wanted)}`,
      most,
    );
  const { rows } = await sql<{ seq: number }>`${given}
    SELECT events.seq FROM found JOIN events ON events.seq = found.seq
    WHERE ${fieldsHold(wanted)} ORDER BY events.seq DESC LIMIT ${most}`.execute(db);
  return rows.map(({ seq }) => seq);
}
