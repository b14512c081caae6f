import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { NO_LOG, type EventId, type History } from '@hookline/core';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import Database from 'libsql';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from '../src/index.ts';
import { EVENTS } from '../src/schema/migrations/0001-events.ts';
import { WHO_AND_HOW } from '../src/schema/migrations/0002-who-and-how.ts';
import { placesIn, temporaryFolder } from './support.ts';

let folder: string;
let history: History | undefined;
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await history?.close();
  rmSync(folder, { recursive: true });
});

it('brings a file up to date that the first version made, with what is in it', async () => {
  const old = new Database(join(folder, 'history.db'));
  old.exec('PRAGMA application_id = 1215262571');
  for (const statement of EVENTS.sqlite) old.exec(statement);
  old.exec('PRAGMA user_version = 1');
  old.exec("INSERT INTO audit VALUES ('a1', 5, 'ann', 'replay', 'stripe.evt_1', 'stripe.evt_1', NULL)");
  old.exec("INSERT INTO refusals VALUES ('r1', 6, 'stripe', NULL, 401, 'mismatch', NULL, '{}', x'01', 1, 0)");
  old.close();
  history = await openHistory({ folder }, { log: NO_LOG });
  expect((await history.audit({ limit: 5 })).items).toEqual([
    {
      id: 'a1',
      at: 5,
      actor: 'ann',
      action: 'replay',
      target: 'stripe.evt_1',
      outcome: 'done',
      detail: undefined,
    },
  ]);
  expect((await history.refusals({ limit: 5, reason: 'mismatch' })).items).toMatchObject([
    { id: 'r1', at: 6, peer: undefined, excerpt: Buffer.from([1]) },
  ]);
});

const MINUTE = 60_000;
/** When the first event came that the second version had. */
const START = 1_700_000_040_000;

/** What the second version had recorded: an event a minute, of which every third died, and a refusal. */
const RECORDED = [
  ...Array.from({ length: 90 }, (_, number) => {
    const [id, at] = [`stripe.evt_${number}`, START + number * MINUTE];
    const outcome = number % 3 === 0 ? 'dead' : 'succeeded';
    const error = outcome === 'dead' ? `'{"name":"Error","message":"no customer cus_${number}"}'` : 'NULL';
    return [
      `INSERT INTO events VALUES (${number + 1}, '${id}', ${at}, 0, 'stripe', 'stripe', 'evt_${number}', 'a', 'handled',
         ${at}, ${at}, ${at + 10}, NULL, '{}', '', 1, NULL, 0)`,
      `INSERT INTO attempts VALUES ('${id}', 'run', 'mail', 1, 'w', ${at + 30}, ${at + 50}, '${outcome}', ${error}, '[]')`,
    ];
  }).flat(),
  `INSERT INTO refusals (id, at, source, status, reason, headers, excerpt, bytes, suppressed)
     VALUES ('r1', ${START}, 'stripe', 401, 'mismatch', '{}', '', 0, 2)`,
];

async function openOldFile(): Promise<History> {
  const old = new Database(join(folder, 'history.db'));
  old.exec('PRAGMA application_id = 1215262571');
  for (const statement of [...EVENTS.sqlite, ...WHO_AND_HOW.sqlite, ...RECORDED]) old.exec(statement);
  old.exec('PRAGMA user_version = 2');
  old.close();
  return openHistory({ folder }, { log: NO_LOG });
}

async function openOldDatabase(): Promise<History> {
  const place = await placesIn(postgres)();
  const pool = postgres.pool({ schema: 'history_1' });
  await pool.query('CREATE TABLE history_schema (version integer PRIMARY KEY, at timestamptz DEFAULT now())');
  for (const statement of [...EVENTS.postgres, ...WHO_AND_HOW.postgres, ...RECORDED])
    await pool.query(statement);
  await pool.query('INSERT INTO history_schema (version) VALUES (2)');
  return openHistory(place, { log: NO_LOG });
}

it.each([
  ['SQLite', openOldFile],
  ['PostgreSQL', openOldDatabase],
])('finds issues and sums in what the second version recorded, step by step, in %s', async (_, open) => {
  history = await open();
  // What is recorded meanwhile is not counted twice.
  const event = { ...eventOf(87), id: 'stripe.evt_87' as EventId };
  const again = {
    ...attemptOf(event, 1),
    run: 'run',
    handler: 'mail',
    endedAt: START + 87 * MINUTE + 50,
    outcome: 'dead',
    error: { name: 'Error', message: 'no customer cus_87' },
  } as const;
  await history.record(blockOf({ attempts: [again] }));
  expect((await history.issues({ now: START, limit: 5 })).items).toMatchObject([{ count: 1 }]);
  const first = await history.summarize();
  expect(first.more).toBe(true);
  for (let step = first; step.more;) step = await history.summarize();
  const { items } = await history.issues({ now: START + 100 * MINUTE, limit: 5 });
  expect(items).toMatchObject([
    { handler: 'mail', title: 'no customer <id>', count: 30, firstSeen: START + 50, sample: 'stripe.evt_87' },
  ]);
  const points = await history.series({ from: START, until: START + 90 * MINUTE, step: MINUTE });
  expect(points).toHaveLength(90);
  expect(points[0]).toMatchObject({ accepted: 1, handled: 0, failed: 1, dead: 1, refused: 3 });
  expect(points[89]).toMatchObject({ accepted: 1, handled: 1, failed: 0, dead: 0, refused: 0 });
  expect(await history.sources({ from: START, until: START + 90 * MINUTE })).toMatchObject([
    { source: 'stripe', provider: 'stripe', events: 90, usualGap: MINUTE },
  ]);
});
