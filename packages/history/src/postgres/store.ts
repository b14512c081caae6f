import type { HistoryBlock, Logger, RecordedEvent } from '@hookline/core';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { HistoryError } from '../schema/history-error.ts';
import { forgetQueries, partWith } from '../sql/forget.ts';
import type { Script } from '../sql/script.ts';
import type { ForgottenEvent, HistoryStore, Wanted } from '../sql/store.ts';
import type { Tables } from '../schema/tables.ts';
import { candidates } from './candidates.ts';
import { inTransaction, migrate, openPool, RECORDING, runScript } from './database.ts';
import { postgresFailure } from './failure.ts';
import { record } from './record.ts';

/** A history in a PostgreSQL that any number of machines share. */
class PostgresStore implements HistoryStore {
  readonly db: Kysely<Tables>;
  readonly #pool: pg.Pool;
  readonly #place: string;

  constructor(pool: pg.Pool, place: string) {
    this.#pool = pool;
    this.#place = place;
    this.db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  }

  record(block: HistoryBlock): Promise<readonly RecordedEvent[]> {
    return record(this.#pool, this.db, block);
  }

  candidates(wanted: Wanted, most: number): Promise<readonly number[]> {
    return candidates(this.db, wanted, most);
  }

  transact<Result>(script: Script<Result>): Promise<Result> {
    return this.#alone((client) => runScript(client, script));
  }

  async forget(events: readonly ForgottenEvent[], horizon: number): Promise<void> {
    const queries = [
      ...forgetQueries(this.db, events),
      this.db
        .deleteFrom('event_tokens')
        .where(
          'seq',
          'in',
          events.map(({ seq }) => seq),
        )
        .compile(),
    ];
    await this.#alone(async (client) => {
      await runScript(client, partWith(this.db, events, horizon));
      for (const { sql, parameters } of queries) await client.query(sql, [...parameters]);
    });
  }

  #alone<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    return inTransaction(this.#pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [RECORDING]);
      return work(client);
    });
  }

  async size(): Promise<number> {
    const { rows } = await this.#pool.query<{ bytes: number }>(
      `SELECT sum(pg_total_relation_size(c.oid))::bigint AS bytes FROM pg_class c
       WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
         AND c.relname = ANY ($1)`,
      [TABLES],
    );
    return rows[0]?.bytes ?? 0;
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  failureOf(error: unknown): HistoryError {
    return postgresFailure(error, this.#place);
  }
}

const TABLES = [
  'events',
  'bodies',
  'deliveries',
  'attempts',
  'refusals',
  'audit',
  'event_tokens',
  'spans',
  'kinds',
  'issues',
  'deaths',
  'issue_sources',
  'rollups',
];

/**
 * Connects, and brings the schema up to date.
 * @param place the address without its password
 * @throws HistoryError that names the place and what to do
 */
export async function openPostgresStore(url: string, place: string, log: Logger): Promise<HistoryStore> {
  const pool = openPool(url, log);
  try {
    await migrate(pool);
    return new PostgresStore(pool, place);
  } catch (error) {
    await pool.end();
    throw postgresFailure(error, place);
  }
}
