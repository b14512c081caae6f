import { NO_LOG } from '@hookline/core';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { historySuite } from '@hookline/testing';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { openHistory } from '../src/index.ts';
import { placesIn } from './support.ts';

let postgres: TestPostgres;
let newPlace: () => Promise<string>;
beforeAll(async () => {
  postgres = await startPostgres();
  newPlace = placesIn(postgres);
});
afterAll(() => postgres.stop());

describe('the history in PostgreSQL', () => {
  const open = async () => {
    const port = await openHistory(await newPlace(), { log: NO_LOG });
    return { port, close: () => port.close() };
  };
  for (const { name, check } of historySuite(open)) it(name, check);
});
