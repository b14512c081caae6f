import { sql, type Kysely } from 'kysely';
import { fieldsHold } from '../sql/fields.ts';
import type { Wanted } from '../sql/store.ts';
import type { Tables } from '../schema/tables.ts';
import { queryTokens } from '../text/document.ts';
import { facetToken, type Token } from '../text/tokens.ts';

/** The newest events, that are looked at one by one: among them are enough of whatever is common. */
const WALKED = 4_000;
/** Events in a rare state that are looked at one by one. */
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
  const newest = await among(
    db,
    { ...wanted, from: walkedFrom, below: last + 1 },
    sql`SELECT seq FROM events
    WHERE seq >= ${walkedFrom} AND seq <= ${last} ORDER BY seq DESC`,
    tokens,
    most,
  );
  if (newest.length === most || walkedFrom <= wanted.from) return newest;
  const older = { ...wanted, below: walkedFrom };
  const left = most - newest.length;
  const state = await rareState(db, older);
  const rest =
    state === undefined
      ? await indexed(db, older, tokens, left)
      : await among(db, older, sql`SELECT unnest(${state}::int8[]) AS seq ORDER BY seq DESC`, tokens, left);
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

/** Those of these places whose tokens are asked for. The case keeps the planner from the index. */
async function among(
  db: Kysely<Tables>,
  wanted: Wanted,
  places: ReturnType<typeof sql>,
  tokens: readonly Token[],
  most: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`
    SELECT events.seq FROM (${places}) AS place
    JOIN events ON events.seq = place.seq JOIN event_tokens t ON t.seq = place.seq
    WHERE ${fieldsHold(wanted)} AND CASE WHEN t.tokens @> ${tokens}::int4[] THEN true ELSE false END
    ORDER BY place.seq DESC LIMIT ${most}`.execute(db);
  return rows.map(({ seq }) => seq);
}

async function indexed(
  db: Kysely<Tables>,
  wanted: Wanted,
  tokens: readonly Token[],
  most: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`
    WITH found AS MATERIALIZED (
      SELECT seq FROM event_tokens
      WHERE tokens @> ${tokens}::int4[] AND seq >= ${wanted.from} AND seq < ${wanted.below})
    SELECT events.seq FROM found JOIN events ON events.seq = found.seq
    WHERE ${fieldsHold(wanted)} ORDER BY events.seq DESC LIMIT ${most}`.execute(db);
  return rows.map(({ seq }) => seq);
}
