import type { Logger } from '@hookline/core';
import pg from 'pg';
import type { Script } from '../sql/script.ts';
import { migrationsAfter, SCHEMA_VERSION } from '../schema/migrations/all.ts';

const CONNECTIONS = 4;
const CONNECT_MS = 10_000;
/** Locks of this database that only the history takes: any numbers will do. */
const MIGRATING = 4_871_001;
export const RECORDING = 4_871_002;
const BIGINT = 20;

/** Connections to the database, whose whole numbers are numbers. */
export function openPool(url: string, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'hookline',
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === BIGINT ? Number : pg.types.getTypeParser(type, format as 'text'),
    },
  });
  // Whoever uses a connection that ends is told by its query; an error that nobody listens to would end this process.
  pool.on('connect', (client) => client.on('error', (error) => log.debug('history', { error })));
  // A connection that ends while nobody uses it is replaced by the pool.
  pool.on('error', (error) => log.warn('a connection of the history ended', { error }));
  return pool;
}

/** Brings the schema up to date, of several processes in one. */
export async function migrate(pool: pg.Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATING]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS history_schema (version integer PRIMARY KEY, at timestamptz DEFAULT now())',
    );
    const { rows } = await client.query<{ version: number | null }>(
      'SELECT max(version) AS version FROM history_schema',
    );
    const version = rows[0]?.version ?? 0;
    const migrations = migrationsAfter(version);
    for (const { postgres } of migrations) for (const statement of postgres) await client.query(statement);
    if (migrations.length > 0)
      await client.query('INSERT INTO history_schema (version) VALUES ($1)', [SCHEMA_VERSION]);
  });
}

/** A server may be set to answer before it has written: what is recorded is deleted elsewhere, so it waits here. */
const BEGIN = `BEGIN; SELECT set_config('synchronous_commit', 'on', true)
  WHERE current_setting('synchronous_commit') = 'off'`;

/** Does something in one transaction: all of it, or nothing, and written when this resolves. */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query(BEGIN);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    await client.query('ROLLBACK').then(
      () => (failure = undefined),
      () => undefined,
    );
    throw error;
  } finally {
    // One that could not even roll back is not used again.
    client.release(failure);
  }
}

/** Runs a script in a transaction that is open. */
export async function runScript<Result>(client: pg.PoolClient, script: Script<Result>): Promise<Result> {
  let next = script.next([]);
  while (next.done !== true) {
    const { sql, parameters } = next.value;
    const { rows } = await client.query<object>(sql, [...parameters]);
    next = script.next(rows);
  }
  return next.value;
}
