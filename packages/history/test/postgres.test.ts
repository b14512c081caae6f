import { NO_LOG } from '@hookline/core';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { historySuite } from '@hookline/testing';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { openHistory } from '../src/index.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let schemas = 0;
/** The address of a place of its own in the database, which costs less than a database. */
async function newPlace(): Promise<string> {
  const schema = `history_${(schemas += 1)}`;
  const pool = postgres.pool();
  await pool.query(`CREATE SCHEMA ${schema}`);
  await pool.end();
  return `${postgres.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
}

describe('the history in PostgreSQL', () => {
  const open = async () => {
    const port = await openHistory(await newPlace(), { log: NO_LOG });
    return { port, close: () => port.close() };
  };
  for (const { name, check } of historySuite(open)) it(name, check);
});
