import type { TestPostgres } from '@hookline/test-postgres';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hookline-history-'));
}

/** Gives addresses of places of their own in the database: a schema each, which costs less than a database. */
export function placesIn(postgres: TestPostgres): () => Promise<string> {
  let schemas = 0;
  return async () => {
    const schema = `history_${(schemas += 1)}`;
    const pool = postgres.pool();
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.end();
    return `${postgres.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  };
}
