import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { NO_LOG, type History } from '@hookline/core';
import Database from 'libsql';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openHistory } from '../src/index.ts';
import { EVENTS } from '../src/schema/migrations/0001-events.ts';
import { temporaryFolder } from './support.ts';

let folder: string;
let history: History | undefined;

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
