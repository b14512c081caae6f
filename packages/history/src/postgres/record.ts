import type { EventId, EventSnapshot, HistoryBlock, RecordedEvent } from '@hookline/core';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { packBody } from '../record/body-codec.ts';
import { mergeSnapshots, planRecord, type Known, type RecordPlan } from '../record/plan.ts';
import {
  attemptRow,
  auditRow,
  deliveryRows,
  eventRow,
  kindsOf,
  refusalRow,
  revisionParts,
  storableEvent,
} from '../record/rows.ts';
import { spansOf } from '../record/spans.ts';
import { touchedMinutes } from '../rollup/touched.ts';
import { recordDeaths } from '../sql/deaths.ts';
import type { EventRow, Tables } from '../schema/tables.ts';
import { eventTokens, payloadTokens } from '../text/document.ts';
import { ATTEMPTS, AUDIT, DELIVERIES, EVENTS, REFUSALS } from './columns.ts';
import { inTransaction, RECORDING, runScript } from './database.ts';
import { insertRows } from './insert.ts';

const ONCE = { onConflict: 'ON CONFLICT DO NOTHING' };
/** Events that are prepared before others have a turn in this process. */
const SLICE = 50;

/** Writes a block. One writer at a time: what is known stays so until it is written. */
export async function record(
  pool: pg.Pool,
  db: Kysely<Tables>,
  block: HistoryBlock,
): Promise<readonly RecordedEvent[]> {
  const events = mergeSnapshots(block.events).map(storableEvent);
  const prepared = new Map<EventId, Prepared>();
  for (const [at, event] of events.entries()) {
    prepared.set(event.id, prepare(event));
    if (at % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [RECORDING]);
    const plan = planRecord(events, await knownOf(client, events));
    await add(client, plan.added, prepared);
    await replace(client, plan.replaced);
    await complete(client, plan.completed, prepared);
    const attempts = block.attempts.map(attemptRow);
    await insertRows(client, 'attempts', ATTEMPTS, attempts, ONCE);
    await runScript(client, recordDeaths(db, attempts));
    await insertRows(client, 'refusals', REFUSALS, block.refusals.map(refusalRow), ONCE);
    await insertRows(client, 'audit', AUDIT, block.audit.map(auditRow), ONCE);
    const touched = touchedMinutes(plan.added, block);
    await insertRows(client, 'touched', { minute: 'int8', kind: 'text' }, touched, ONCE);
    if (block.cursor !== undefined) await moveCursor(client, block.cursor);
    return plan.recorded;
  });
}

async function knownOf(
  client: pg.PoolClient,
  events: readonly EventSnapshot[],
): Promise<Map<EventId, Known>> {
  const { rows } = await client.query<EventRow>(
    'SELECT seq, id, revision_ms, revision_count, bytes FROM events WHERE id = ANY ($1::text[])',
    [events.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ seq, id, revision_ms, revision_count, bytes }) => [
      id,
      { seq, id, revision: `${revision_ms}-${revision_count}` as const, hasBody: bytes !== null },
    ]),
  );
}

async function add(
  client: pg.PoolClient,
  events: readonly EventSnapshot[],
  prepared: ReadonlyMap<EventId, Prepared>,
): Promise<void> {
  if (events.length === 0) return;
  const { rows } = await client.query<{ seq: number }>(
    "SELECT nextval(pg_get_serial_sequence('events', 'seq')) AS seq FROM generate_series(1, $1)",
    [events.length],
  );
  const placed = events.map((event, at) => ({ seq: rows[at]?.seq ?? 0, event, ...prepared.get(event.id) }));
  const rowOf = ({ seq, event, isCut = false }: (typeof placed)[number]) => ({
    seq,
    ...eventRow(event),
    bytes: event.body?.length ?? null,
    text_cut: isCut ? 1 : 0,
  });
  await insertRows(client, 'events', EVENTS, placed.map(rowOf));
  await insertBodies(client, placed);
  await insertTokens(
    client,
    placed.map(({ seq, tokens = [] }) => ({ seq, tokens })),
  );
  await insertDeliveries(client, placed);
  const kind = { source: 'text', provider: 'text', type: 'text' } as const;
  await insertRows(client, 'kinds', kind, kindsOf(events), ONCE);
  await insertRows(client, 'spans', { number: 'int8', earliest: 'int8', latest: 'int8' }, spansOf(placed), {
    onConflict: `ON CONFLICT (number) DO UPDATE SET earliest = least(spans.earliest, excluded.earliest),
      latest = greatest(spans.latest, excluded.latest)`,
  });
}

async function replace(client: pg.PoolClient, replaced: RecordPlan['replaced']): Promise<void> {
  if (replaced.length === 0) return;
  const parts = replaced.map(({ event }) => revisionParts(event.revision));
  const seqs = replaced.map(({ known }) => known.seq);
  await client.query(
    `UPDATE events SET revision_ms = given.ms, revision_count = given.count, status = given.status,
       settled_at = given.settled
     FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::int8[]) AS given (seq, ms, count, status, settled)
     WHERE events.seq = given.seq`,
    [
      seqs,
      parts.map(([ms]) => ms),
      parts.map(([, count]) => count),
      replaced.map(({ event }) => event.status),
      replaced.map(({ event }) => event.settledAt ?? null),
    ],
  );
  await client.query('DELETE FROM deliveries WHERE seq = ANY ($1::int8[])', [seqs]);
  await insertDeliveries(
    client,
    replaced.map(({ known: { seq }, event }) => ({ seq, event })),
  );
}

async function complete(
  client: pg.PoolClient,
  completed: RecordPlan['completed'],
  prepared: ReadonlyMap<EventId, Prepared>,
): Promise<void> {
  const placed = completed.map(({ known: { seq }, event }) => ({ seq, event, ...prepared.get(event.id) }));
  await insertBodies(client, placed);
  for (const { seq, event, tokens = [], isCut = false } of placed) {
    const bytes = event.body?.length ?? 0;
    await client.query('UPDATE events SET bytes = $2, text_cut = $3 WHERE seq = $1', [
      seq,
      bytes,
      isCut ? 1 : 0,
    ]);
    await client.query('UPDATE event_tokens SET tokens = $2::int4[] WHERE seq = $1', [seq, tokens]);
  }
}

type Placed = { readonly seq: number; readonly event: EventSnapshot } & Partial<Prepared>;

async function insertBodies(client: pg.PoolClient, placed: readonly Placed[]): Promise<void> {
  const rows = placed.flatMap(({ seq, packed }) =>
    packed === undefined ? [] : [{ seq, encoding: packed.encoding, body: packed.bytes }],
  );
  await insertRows(client, 'bodies', { seq: 'int8', encoding: 'text', body: 'bytea' }, rows);
}

async function insertTokens(
  client: pg.PoolClient,
  rows: readonly { readonly seq: number; readonly tokens: readonly number[] }[],
): Promise<void> {
  const written = rows.map(({ seq, tokens }) => ({ seq, tokens: `{${tokens.join()}}` }));
  await insertRows(client, 'event_tokens', { seq: 'int8', tokens: 'text' }, written, {
    casts: { tokens: 'int4[]' },
  });
}

async function insertDeliveries(client: pg.PoolClient, placed: readonly Placed[]): Promise<void> {
  const rows = placed.flatMap(({ seq, event }) => deliveryRows(seq, event.deliveries));
  await insertRows(client, 'deliveries', DELIVERIES, rows);
}

async function moveCursor(
  client: pg.PoolClient,
  { partition, position }: NonNullable<HistoryBlock['cursor']>,
): Promise<void> {
  await client.query(
    `INSERT INTO cursors (partition, position_ms, position_count) VALUES ($1, $2, $3)
     ON CONFLICT (partition) DO UPDATE
     SET position_ms = excluded.position_ms, position_count = excluded.position_count
     WHERE (excluded.position_ms, excluded.position_count) > (cursors.position_ms, cursors.position_count)`,
    [partition, ...revisionParts(position)],
  );
}

type Prepared = ReturnType<typeof prepare>;

/** What takes time and no database. */
function prepare(event: EventSnapshot) {
  const tokens = eventTokens(event);
  const { body, headers } = event;
  const payload = body === undefined ? undefined : payloadTokens({ headers, body });
  for (const token of payload?.tokens ?? []) tokens.add(token);
  return {
    tokens: [...tokens],
    isCut: payload?.isCut ?? false,
    packed: body === undefined ? undefined : packBody(body),
  };
}
