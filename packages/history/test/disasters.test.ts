import { NO_LOG, type History } from '@hookline/core';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { attemptOf, blockOf, eventOf, searchFor } from '@hookline/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { HistoryError, openHistory } from '../src/index.ts';
import { SqlHistory } from '../src/sql/history.ts';
import { SqliteStore } from '../src/sqlite/store.ts';
import { placesIn, temporaryFolder } from './support.ts';

let postgres: TestPostgres;
let newPlace: () => Promise<string>;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  postgres = await startPostgres();
  newPlace = placesIn(postgres);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.stop();
});

let files = 0;
const PLACES: readonly (readonly [name: string, place: () => Promise<string>])[] = [
  ['SQLite', async () => `sqlite:${folder}/${(files += 1)}/history.db`],
  ['PostgreSQL', () => newPlace()],
];

function start(script: string, ...args: readonly string[]) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

const open = (place: string): Promise<History> => openHistory(place, { log: NO_LOG });

async function failure(opening: Promise<unknown>): Promise<HistoryError> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HistoryError) return error;
  throw new Error('it did not fail as a history does', { cause: error });
}

describe.each(PLACES)('%s', (_name, newAddress) => {
  it('is opened and brought up to date by several processes at once', async () => {
    const place = await newAddress();
    const children = [1, 2, 3].map((number) => start('open-and-record.mjs', place, String(number)));
    const ends = await Promise.all(
      children.map(async (child) => [await text(child.stderr), (await once(child, 'close'))[0]]),
    );
    expect(ends).toEqual([1, 2, 3].map(() => ['', 0]));
    const history = await open(place);
    expect((await history.stats()).events).toBe(3);
    await history.close();
  });

  it('is the same for everybody, whoever else opens it and closes it meanwhile', async () => {
    const place = await newAddress();
    const history = await open(place);
    const record = (number: number) => history.record(blockOf({ events: [eventOf(number)] }));
    const another = async (number: number) => {
      const child = start('open-and-record.mjs', place, String(number));
      const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return Number(said);
    };
    await record(1);
    expect(await another(2)).toBe(2);
    await record(3);
    expect(await another(4)).toBe(4);
    expect((await history.stats()).events).toBe(4);
    await history.close();
    expect(await another(5)).toBe(5);
  });

  it('holds each block wholly or not at all after a kill, and each event once when it is recorded again', async () => {
    const place = await newAddress();
    for (const blocks of [3, 8]) {
      const child = start('record-for-ever.mjs', place);
      let said = -1;
      for await (const line of createInterface({ input: child.stdout })) {
        said = Number(line);
        if (said >= blocks) break;
      }
      child.kill('SIGKILL');
      await once(child, 'close');
      const history = await open(place);
      const at = Number((await history.cursor('0'))?.split('-')[0]);
      expect(at).toBeGreaterThanOrEqual(said);
      const { events, attempts } = await history.stats();
      expect([events, attempts]).toEqual([(at + 1) * 10, (at + 1) * 10]);
      const last = eventOf(at * 10 + 9);
      await history.record(blockOf({ events: [last], attempts: [attemptOf(last, 1)] }));
      const found = await history.search(searchFor({ phrases: [`cus_${at * 10 + 9}`] }), { limit: 5 });
      expect(found.items.map(({ id }) => id)).toEqual([last.id]);
      expect((await history.stats()).attempts).toBe(attempts);
      await history.close();
    }
  });
});

describe('a history in a file', () => {
  it('that has no room left says so, and has nothing of the block', async () => {
    const file = `${folder}/full.db`;
    const store = new SqliteStore(file);
    const history = new SqlHistory(store);
    await history.record(blockOf({ events: [eventOf(0)] }));
    const pages = (await store.size()) / 4096;
    store.limitPages(pages + 8);
    const body = randomBytes(4_000);
    const events = Array.from({ length: 40 }, (_, at) => eventOf(at + 1, { body }));
    const error = await failure(
      history.record(blockOf({ events, cursor: { partition: '0', position: '1-0' } })),
    );
    expect(error.problem).toBe('full');
    expect(error.message).toContain(file);
    expect(error.message).toContain('make room on the disk');
    expect((await history.stats()).events).toBe(1);
    expect(await history.cursor('0')).toBeUndefined();
    store.limitPages(1_000_000);
    expect(await history.record(blockOf({ events }))).toHaveLength(40);
    expect(
      (await history.search(searchFor({ phrases: ['invoice.paid'] }), { limit: 50 })).items,
    ).toHaveLength(41);
    await history.close();
  });

  it('is private to its owner', async () => {
    const history = await openHistory({ folder: `${folder}/own` }, { log: NO_LOG });
    expect(statSync(`${folder}/own/history.db`).mode & 0o777).toBe(0o600);
    await history.close();
  });

  it.each<readonly [problem: string, make: (file: string) => void, message: string]>([
    ['not-a-history', (file) => writeFileSync(file, 'no database at all '.repeat(100)), 'it is no database'],
    ['not-a-history', (file) => execute(file, 'CREATE TABLE x (y)'), 'of another program'],
    ['newer', (file) => newer(file), 'written by a newer Hookline (schema 99'],
    ['unreachable', (file) => mkdirSync(file), 'name a place that this process can write in'],
  ])('that is %s says so', async (problem, make, message) => {
    const file = `${folder}/bad-${(files += 1)}.db`;
    make(file);
    const error = await failure(open(`sqlite:${file}`));
    expect(error.problem).toBe(problem);
    expect(error.message).toContain(message);
  });
});

function newer(file: string): void {
  void new SqliteStore(file).close();
  execute(file, 'PRAGMA user_version = 99');
}

function execute(file: string, statement: string): void {
  const database = new Database(file);
  database.exec(statement);
  database.close();
}

describe('a history in PostgreSQL', () => {
  it.each([
    ['postgres://ann:s3cret@127.0.0.1:1/db?password=s3cret', 'unreachable', '127.0.0.1:1/db'],
    ['postgres://ann:s3c@ret@127.0.0.1:1/db', 'unreachable', '127.0.0.1:1/db'],
    ['mysql://ann:s3cret@127.0.0.1/db', 'refused', 'write sqlite:<file> or postgres://'],
  ])('that cannot be reached is said to be, without the password', async (place, problem, message) => {
    const error = await failure(open(place));
    expect(error.problem).toBe(problem);
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/s3c|ret@/);
  });

  it('that a newer program wrote is not touched', async () => {
    const place = await newPlace();
    await (await open(place)).close();
    const pool = postgres.pool({ schema: /search_path%3D(\w+)/.exec(place)?.[1] ?? '' });
    await pool.query('INSERT INTO history_schema (version) VALUES (99)');
    expect((await failure(open(place))).problem).toBe('newer');
  });

  it('has what it said to have after a crash, also where the server answers before it has written', async () => {
    const own = await startPostgres();
    const pool = own.pool();
    pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
    expect((await pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'off' }]);
    const history = await open(own.url);
    for (let at = 0; at < 3; at += 1) {
      const pid = async () =>
        (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
      const victim = await onceBack(pid);
      await history.record(blockOf({ events: [eventOf(at)] }));
      process.kill(victim ?? 0, 'SIGKILL');
      const found = await onceBack(() => history.find(eventOf(at).id));
      expect(found).toMatchObject({ event: { id: eventOf(at).id } });
    }
    await history.close();
    await own.stop();
  });
});

/** Asks again while the server is away, for a few seconds. */
async function onceBack<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return ask();
}
