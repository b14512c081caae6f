import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NO_LOG } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { connect, createPartition, createPartitions, unrecordedAudit } from '@hookline/redis';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { Queue } from 'bullmq';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookline, openStage, type Stage } from './e2e/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'operators-lists-'));
const prefix = uniquePrefix();
const env = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: prefix, HISTORY_URL: `sqlite:${folder}/h.db` };
const queue = new Queue('default', { connection: { url: env.REDIS_URL }, prefix });
let stage: Stage;

const run = (...args: string[]) => hookline(stage, env, ...args);

beforeAll(async () => {
  stage = openStage();
  const history = await openHistory(env.HISTORY_URL, { log: NO_LOG });
  const receivedAt = Date.now() - 60_000;
  const events = [1, 2].map((number) =>
    eventOf(number, { receivedAt, status: 'dead', deliveries: [{ handler: 'bill', status: 'dead' }] }),
  );
  await history.record(
    blockOf({
      events,
      attempts: events.map((event, index) => ({
        ...attemptOf(event, 1),
        handler: 'bill',
        outcome: 'dead' as const,
        error: { name: 'TypeError', message: `customer cus_${index}8f3a2b \u001b[31m has no address` },
      })),
    }),
  );
  while ((await history.summarize()).more);
  await history.close();
  await queue.upsertJobScheduler(
    'nightly',
    { pattern: '30 2 * * *', tz: 'Europe/Berlin' },
    { name: 'report', data: { kind: 'job', data: 1 } },
  );
});

afterAll(async () => {
  await stage.close();
  await queue.obliterate({ force: true });
  await queue.close();
  rmSync(folder, { recursive: true, force: true });
});

it('shows issues, says what somebody does of them, and replays them', async () => {
  const listed = await run('issues', 'list', '--json');
  const [line = ''] = listed.output.split('\n').filter((each) => each.startsWith('{'));
  const { fingerprint, ...issue } = JSON.parse(line) as Record<string, string>;
  expect(issue).toMatchObject({ handler: 'bill', count: 2, state: 'open' });
  const shown = await run('issues', 'show', fingerprint ?? '');
  expect(shown.output).toMatch(/open {2}2 dead {2}bill\n {2}[0-9a-f]{16}\n {2}TypeError: customer <id>/);
  expect(shown.output).not.toContain('\u001b[31m');
  const acknowledged = await run('issues', 'acknowledge', fingerprint ?? '', '--reason', 'on it');
  expect([acknowledged.code, acknowledged.output]).toEqual([0, expect.stringContaining('is acknowledged')]);
  expect((await run('issues', 'list')).output).toContain('no issues');
  expect((await run('issues', 'list', '--state', 'acknowledged')).output).toContain(fingerprint);
  const replay = await run('issues', 'replay', fingerprint ?? '', '--canary');
  expect([replay.code, replay.output]).toEqual([
    0,
    expect.stringMatching(/replays 2 events: 'replays show \w+'/),
  ]);
  const connection = connect({ kind: 'url', url: env.REDIS_URL }, 'worker');
  const acts = await unrecordedAudit(createPartitions([createPartition(connection, prefix)]), 10);
  connection.disconnect();
  expect(acts).toMatchObject([{ action: 'replay.start' }, { action: 'issue.acknowledge', detail: 'on it' }]);
  expect((await run('issues', 'resolve', '0123456789abcdef')).code).toBe(1);
  expect((await run('issues', 'explode', 'x')).code).toBe(2);
  expect((await run('issues', 'list', '--state', 'lost')).code).toBe(2);
});

it('lists sources and handlers with what they did in the last day', async () => {
  const sources = await run('sources');
  expect([sources.code, sources.output]).toEqual([
    0,
    expect.stringMatching(
      /stripe {2}stripe {2}too new to tell\n {2}2 events, refused: none\n {2}last event: 2\d{3}-/,
    ),
  ]);
  const handlers = await run('handlers', 'list');
  expect(handlers.output).toMatch(/bill {2}no worker has it\n {2}0 succeeded, 2 failed, 2 dead/);
  expect((await run('sources', 'show')).code).toBe(2);
  expect((await run('handlers', 'list', 'x')).code).toBe(2);
});

it('lists a handler that is braked, and lets it go on', async () => {
  const connection = connect({ kind: 'url', url: env.REDIS_URL }, 'worker');
  const { keys } = createPartition(connection, prefix);
  const why = { by: 'host:7', fingerprint: 'a1', title: 'connect ECONNREFUSED', phase: 'probing' };
  const state = JSON.stringify({ phase: 'probing', round: 0, nextAt: 1_785_000_005_000 });
  await connection.hset(keys.pausedHandlers, 'brake/bill', 1);
  await connection.hset(keys.brake('bill'), { since: 1_785_000_000_000, ...why, state });
  await connection.sadd(keys.heldFor('bill'), 'default|one');
  const shown = (await run('handlers')).output;
  expect(shown).toMatch(/bill {2}braked\n/);
  expect(shown).toMatch(/braked 2026-\S+Z: connect ECONNREFUSED\n {2}1 waiting, next try 2026-/);
  expect((await run('handlers', 'resume', 'bill')).output).toContain('bill goes on, with what waited for it');
  expect((await run('handlers')).output).toContain('it lets go');
  expect((await run('handlers', 'resume', 'bill')).output).toContain('is not paused, and no brake holds it');
  await connection.del(keys.pausedHandlers, keys.brake('bill'), keys.heldFor('bill'));
  connection.disconnect();
});

it('runs, pauses and resumes schedules', async () => {
  expect((await run('schedules')).output).toMatch(
    /nightly {2}no worker has it\n {2}30 2 \* \* \* Europe\/Berlin, runs report\n {2}next 2\d{3}-/,
  );
  expect((await run('schedules', 'run', 'nightly')).output).toContain('nightly runs now, beside the clock');
  expect((await queue.getWaiting()).map(({ data }) => data as unknown)).toEqual([{ kind: 'job', data: 1 }]);
  expect((await run('schedules', 'pause', 'nightly', '--reason', 'too loud')).code).toBe(0);
  expect(await queue.getJobSchedulers()).toEqual([]);
  expect((await run('schedules')).output).toMatch(/nightly {2}paused/);
  expect((await run('schedules', 'resume', 'nightly')).code).toBe(0);
  expect(await queue.getJobSchedulers()).toMatchObject([{ key: 'nightly' }]);
  const unknown = await run('schedules', 'pause', 'hourly');
  expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining('no schedule is named hourly')]);
  expect((await run('schedules', 'pause')).code).toBe(2);
});
