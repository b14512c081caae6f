import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis } from '@hookline/rig';
import { Redis } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import { API_KEY, call, openStream, type Frame, type StreamClient } from './job-client.ts';
import { openStage, startReceiver, startWorker, type Stage } from './processes.ts';
import { where } from './where.ts';

const CLIENTS = 1_000;
const GROUP = 50;
const JOBS = 10;
const STEPS = 40;

let stage: Stage;
let env: Record<string, string>;
beforeEach(() => {
  stage = openStage();
  env = { ...where(), API_KEY };
});
afterEach(() => stage.close());

const TICKER = `
import { setTimeout as wait } from 'node:timers/promises';
export default {
  name: 'ticker',
  async run(_data, ctx) {
    for (let n = 1; n <= ${STEPS}; n += 1) { await ctx.progress(n); await wait(100); }
  },
};
`;

/** Linux without procps has no `ps`; other systems have no `/proc`. */
function residentKiB(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (existsSync(file)) return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1]);
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

/** Follows a job as an EventSource does: it comes back with the last id it has until the job is over. */
async function followLikeEventSource(base: string, id: string, frames: Frame[]): Promise<void> {
  for (;;) {
    const client = openStream(base, id, frames.at(-1)?.id);
    await client.closed;
    frames.push(...client.frames);
    if (['completed', 'failed'].includes(String(frames.at(-1)?.data.type))) return;
    await wait(100 + Math.random() * 200);
  }
}

async function createTickers(base: string, count: number): Promise<string[]> {
  const wanted = Array.from({ length: count }, () => ({ name: 'ticker', data: null }));
  const { status, body } = await call(base, 'POST', '/jobs', wanted);
  expect(status).toBe(201);
  return (body as unknown as { id: string }[]).map(({ id }) => id);
}

describe('1,000 clients of job streams on one process', () => {
  it('share its Redis connections and cost at most 50 kB each', async () => {
    const redis = await startOwnRedis({ appendfsync: 'no' });
    const watcher = new Redis(redis.url);
    try {
      env['REDIS_URL'] = redis.url;
      const receiver = await startReceiver(stage, env);
      const ids = await createTickers(receiver.url, JOBS);
      const connections = async () =>
        String(await watcher.client('LIST'))
          .trim()
          .split('\n').length;
      const clients: StreamClient[] = [];
      // In groups, each heard before the next: how many a busy machine answers at once is not the question.
      const open = async (count: number) => {
        for (let group = 0; group < count / GROUP; group += 1) {
          const more = Array.from({ length: GROUP }, (_, n) => openStream(receiver.url, ids[n % JOBS] ?? ''));
          clients.push(...more);
          await eventually(() => more.every(({ frames }) => frames.length === 1));
        }
      };
      // The first ones pay for code that is compiled and for the heap's first growth.
      await open(500);
      const before = { memory: residentKiB(receiver.pid), connections: await connections() };
      await open(CLIENTS);
      const perClient = ((residentKiB(receiver.pid) - before.memory) * 1_024) / CLIENTS;
      process.stderr.write(`memory per client: ${Math.round(perClient / 1_000)} kB\n`);
      expect(perClient).toBeLessThanOrEqual(50_000);
      expect(await connections()).toBe(before.connections);
      for (const client of clients) client.destroy();
    } finally {
      watcher.disconnect();
      await redis.stop();
    }
  });

  it('miss nothing and are told nothing twice, though the receiver is stopped, and killed, in the middle', async () => {
    env['APP_DIR'] = stage.appDir({ 'jobs/ticker.mjs': TICKER });
    const first = await startReceiver(stage, env);
    env['RECEIVER_PORT'] = new URL(first.url).port;
    const ids = await createTickers(first.url, JOBS);
    const heard = Array.from({ length: CLIENTS }, (): Frame[] => []);
    const following = heard.map((frames, n) => followLikeEventSource(first.url, ids[n % JOBS] ?? '', frames));
    await startWorker(stage, { ...env, CONCURRENCY: String(JOBS) });
    let receiver = first;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await wait(1_000);
      receiver.child.kill(signal);
      await receiver.ended;
      receiver = await startReceiver(stage, env);
    }
    await Promise.all(following);
    const whole = ['started', ...Array.from({ length: STEPS }, (_, n) => n + 1), 'completed'];
    for (const frames of heard) {
      const told = frames.filter(({ data }) => data.type !== 'initial');
      expect(told.map(({ data }) => (data.type === 'progress' ? data['data'] : data.type))).toEqual(whole);
    }
  }, 60_000);
});
