import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Handler } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import { openQuietQueue } from '../../src/bullmq/add-job.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const fair = { shared: { fair: true, concurrency: 1 } };
const plain = { shared: { concurrency: 1 } };
const key = (name: string) => `${bench.prefix}:shared:${name}`;

/** The subjects in the order in which their events began. */
function noting(run: Handler['run'] = () => wait(1)) {
  const began: string[] = [];
  const its = handler(
    'books',
    (event, ctx) => {
      began.push(event.subject ?? '');
      return run(event, ctx);
    },
    { queue: 'shared' },
  );
  return { began, handler: its };
}

async function accept(subject: string, more = {}) {
  const event = incoming({ subject, ...more });
  expect((await (await store()).accept(event)).kind).toBe('accepted');
  return event;
}
let opened: ReturnType<Bench['store']> | undefined;
beforeEach(() => (opened = undefined));
const store = () => (opened ??= bench.store());

/** What lies in the queue, in whichever list. */
const waiting = async () =>
  (await bench.redis.llen(key('wait'))) +
  (await bench.redis.zcard(key('prioritized'))) +
  (await bench.redis.zcard(key('delayed')));

/** Has events dispatched into the queue while it is paused. */
async function fill(
  seen: ReturnType<typeof noting>,
  queues: typeof fair | typeof plain,
  subjects: readonly string[],
) {
  const early = await bench.work({ handlers: [seen.handler], queues, concurrency: 20 });
  await bench.redis.hset(key('meta'), 'paused', 1);
  for (const subject of subjects) await accept(subject);
  await eventually(async () => (await waiting()) === subjects.length, 10_000);
  await early.stop(1_000);
}

async function resume() {
  await bench.redis.hdel(key('meta'), 'paused');
  await bench.redis.zadd(key('marker'), 0, '0');
}

describe('a fair queue, whatever BullMQ itself puts into it', () => {
  it('gives work with a priority its turn, that BullMQ has moved', async () => {
    const seen = noting();
    await fill(
      seen,
      fair,
      Array.from({ length: 100 }, () => 'flood'),
    );
    const important = await accept('a', { priority: 5 });
    await bench.work({ handlers: [seen.handler], queues: fair });
    await eventually(async () => (await waiting()) === 101);
    const queue = openQuietQueue('shared', bench.redis, bench.prefix);
    // As whoever promotes, retries or replays it.
    await bench.redis.zrem(key('prioritized'), `${important.id}~books`);
    await bench.redis.zadd(key('delayed'), (Date.now() + 60_000) * 0x1000, `${important.id}~books`);
    await (await queue.getJob(`${important.id}~books`))?.promote();
    await resume();
    await eventually(() => seen.began.length === 101, 15_000);
    expect(seen.began.indexOf('a')).toBeLessThan(10);
  });

  it('has turns taken at once where many waited before it was fair', async () => {
    const names = Array.from({ length: 1_000 }, (_, nth) => (nth === 400 ? 'a' : 'flood'));
    const queue = openQuietQueue('shared', bench.redis, bench.prefix);
    await queue.addBulk(names.map((name, nth) => ({ name, data: {}, opts: { jobId: `${name}-${nth}` } })));
    await bench.redis.hset(key('meta'), 'fair', 1);
    const { keys } = bench.partition;
    const [, , jobs] = await bench.partition.run('take-jobs', {
      keys: { plans: keys.plans('p'), revision: keys.revision },
      args: { process: 'p', queue: 'shared', lockMs: 1_000, now: Date.now() },
      each: { turns: ['1', '2'].map((token) => ({ token, nextRun: token })) },
    });
    const taken = (jobs as readonly (readonly unknown[])[]).map(([id]) => String(id));
    expect(taken).toEqual(['flood-0', 'a-400']);
  });

  it('does not leave what lies in turns behind everything else once it is fair no more', async () => {
    const seen = noting();
    await fill(
      seen,
      fair,
      Array.from({ length: 30 }, () => 'old'),
    );
    await bench.work({ handlers: [seen.handler], queues: plain });
    for (let nth = 0; nth < 20; nth += 1) await accept('new');
    await eventually(async () => (await waiting()) === 50);
    await resume();
    await eventually(() => seen.began.length === 50, 10_000);
    expect(seen.began.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 'old'));
    expect(await bench.redis.keys(`${bench.prefix}/fair/*`)).toEqual([]);
  });

  it('gives a subject its turn again whose jobs were taken away by hand', async () => {
    const seen = noting();
    await fill(seen, fair, ['flood', 'a', ...Array.from({ length: 99 }, () => 'flood')]);
    for (const id of await bench.redis.zrange(key('prioritized'), '2', '-1')) {
      const job = await openQuietQueue('shared', bench.redis, bench.prefix).getJob(id);
      await job?.remove();
    }
    await bench.work({ handlers: [seen.handler], queues: fair });
    await accept('flood');
    for (let nth = 0; nth < 30; nth += 1) await accept('a');
    await eventually(async () => (await waiting()) === 33);
    await resume();
    await eventually(() => seen.began.length === 33, 10_000);
    expect(seen.began.lastIndexOf('flood')).toBeLessThan(6);
  });

  it('goes on whatever the bytes of a subject', async () => {
    const seen = noting();
    await bench.work({ handlers: [seen.handler], queues: { ...fair, default: { fair: true } } });
    const subjects = ['\ud800', 'a\n\u0000|~', 'x'.repeat(10_000), '', 'after'];
    for (const subject of subjects) await accept(subject);
    await eventually(() => seen.began.length === subjects.length, 5_000);
  });
});
