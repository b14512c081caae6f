import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_LOG, type RefusedRequest } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createJobStore,
  createPartition,
  createPartitions,
  openEventStore,
  type Connection,
  type RedisEventStore,
} from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { userInfo } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookline, openStage, type Stage } from './e2e/processes.ts';

let stage: Stage;
let store: RedisEventStore;
let connection: Connection;
const folder = mkdtempSync(join(tmpdir(), 'past-'));
const env = {
  REDIS_URL: testRedisUrl(),
  HOOKLINE_PREFIX: uniquePrefix(),
  HISTORY_URL: `sqlite:${folder}/h.db`,
};
const target = { kind: 'url', url: testRedisUrl() } as const;
const run = (...args: string[]) => hookline(stage, env, ...args);
const linesOf = async (...args: string[]) =>
  (await run(...args, '--json')).output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const refused = (at: number, more: Partial<RefusedRequest> = {}): RefusedRequest => ({
  at,
  source: 'stripe',
  provider: 'stripe',
  status: 401,
  reason: 'mismatch',
  likely: 'a clock that is off',
  headers: { host: 'x' },
  excerpt: Buffer.from('{"id":"evt_1"}'),
  bytes: 14,
  suppressed: 0,
  peer: '203.0.113.9',
  ...more,
});

beforeAll(async () => {
  stage = openStage();
  connection = connect(target, 'worker');
  store = await openEventStore({ layout: [{ target, prefix: env.HOOKLINE_PREFIX }], log: NO_LOG });
  await eventually(() => store.ping());
  const history = await openHistory(env.HISTORY_URL, { log: NO_LOG });
  const act = { at: 1_000, actor: 'ann', target: 'email', outcome: 'done', detail: undefined };
  await history.record({
    events: [],
    attempts: [],
    refusals: [
      { ...refused(1_000), id: 'r1' },
      { ...refused(2_000, { source: 'github', suppressed: 7 }), id: 'r2' },
    ],
    audit: [{ ...act, id: 'a1', action: 'queue.pause' }],
    cursor: undefined,
  });
  await history.close();
  await store.noteRefusals([refused(3_000, { reason: 'stale' })]);
}, 60_000);
afterAll(async () => {
  await store.close();
  connection.disconnect();
  await stage.close();
});

describe('refusals list', () => {
  it('shows those that are recorded and those that are not yet, newest first', async () => {
    const { code, output } = await run('refusals', 'list');
    expect(code).toBe(0);
    expect(output).toMatch(/00:00:03[^]*stale[^]*00:00:02[^]*github[^]*and 7 more[^]*00:00:01/);
    expect(output).toContain('from 203.0.113.9');
    expect(output).toContain('a clock that is off');
    expect(await linesOf('refusals')).toMatchObject([
      { at: 3_000, reason: 'stale', excerpt: '{"id":"evt_1"}', headers: { host: 'x' } },
      { at: 2_000, source: 'github', suppressed: 7 },
      { at: 1_000 },
    ]);
  });

  it('shows only those that are asked for', async () => {
    expect(await linesOf('refusals', 'list', '--source', 'github')).toMatchObject([{ at: 2_000 }]);
    expect(await linesOf('refusals', 'list', '--reason', 'stale')).toMatchObject([{ at: 3_000 }]);
    expect(await linesOf('refusals', 'list', '--count', '1')).toMatchObject([{ at: 3_000 }]);
    expect((await run('refusals', 'list', '--source', 'nobody')).output).toContain('no refusals');
    expect((await run('refusals', 'show')).code).toBe(2);
  });
});

describe('audit list', () => {
  const me = `cli:${userInfo().username}`;

  it('shows what was done on this command line, and what was done before', async () => {
    await createJobStore({
      partitions: createPartitions([createPartition(connection, env.HOOKLINE_PREFIX)]),
      retention: 3_600_000,
    }).create([{ id: 'j1', name: 'report', data: null, priority: 5 }]);
    expect((await run('jobs', 'cancel', 'j1')).code).toBe(0);
    await run('jobs', 'cancel', 'j1');
    await run('jobs', 'retry', 'nothing');
    await run('dead', 'discard', 'stripe.evt_1~mail');
    await run('dead', 'replay', 'stripe.evt_1~mail');
    expect(await linesOf('audit')).toMatchObject([
      { actor: me, action: 'dead-letter.replay', target: 'stripe.evt_1~mail', outcome: 'gone' },
      { actor: me, action: 'dead-letter.discard', target: 'stripe.evt_1~mail', outcome: 'gone' },
      { actor: me, action: 'job.retry', target: 'nothing', outcome: 'unknown' },
      { actor: me, action: 'job.cancel', target: 'j1', outcome: 'failed' },
      { actor: me, action: 'job.cancel', target: 'j1', outcome: 'cancelled' },
      { actor: 'ann', action: 'queue.pause' },
    ]);
    expect(await linesOf('audit', 'list', '--action', 'queue.pause')).toMatchObject([{ actor: 'ann' }]);
    expect((await run('audit')).output).toMatch(/queue\.pause +done\s+email\s+by ann/);
  }, 60_000);
});
