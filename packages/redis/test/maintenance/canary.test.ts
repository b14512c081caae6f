import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_METER } from '@hookline/core';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import { Queue } from 'bullmq';
import { setTimeout as wait } from 'node:timers/promises';
import type { Ending } from '../../src/bullmq/ending.ts';
import { leaseOf, type Lease } from '../../src/bullmq/lease.ts';
import { createActivity, type Activity } from '../../src/bullmq/metrics.ts';
import { startCanaries, type Canaries } from '../../src/maintenance/canary.ts';
import { openEventStore } from '../../src/index.ts';
import { handler, incoming, openBench, silent, type Bench } from '../support.ts';

const COMPLETED: Ending = { kind: 'completed', result: null };

let bench: Bench;
let canaries: Canaries | undefined;
let started: Canaries[];
beforeEach(() => {
  bench = openBench();
  started = [];
});
afterEach(async () => {
  for (const each of started) each.stop();
  await bench.close();
});

const clock = () => performance.now();

function watch(activity: Activity, concurrency = 1, patience = 200): Queue {
  const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
  canaries = startCanaries({
    queues: [
      {
        queue,
        concurrency,
      },
    ],
    activity,
    log: silent,
    isReady: () => true,
    clock,
    interval: 20,
    patience,
  });
  started.push(canaries);
  return queue;
}

describe('a process that gets no jobs', () => {
  it('knows which of its queues is stuck, and that it is not when a job begins', async () => {
    const activity = createActivity(NO_METER, clock);
    const queue = watch(activity);
    await eventually(() => canaries?.stuck().length === 1);
    expect(canaries?.stuck()).toEqual(['default']);
    expect((await queue.getWaiting()).every(({ data }) => (data as { kind: string }).kind === 'canary')).toBe(
      true,
    );
    const [canary] = await queue.getWaiting();
    if (canary === undefined) throw new Error('there is no canary to take');
    await activity.watch('default', async () => COMPLETED)(leaseOf(canary, ''));
    expect(canaries?.stuck()).toEqual([]);
  });

  it.each(['because its hands are full', 'because the queue is paused'])('%s is not stuck', async (why) => {
    const activity = createActivity(NO_METER, clock);
    let isOver = (): void => undefined;
    const queue = watch(activity);
    if (why.includes('paused')) await queue.pause();
    else
      void activity.watch(
        'default',
        () => new Promise<Ending>((resolve) => (isOver = () => resolve(COMPLETED))),
      )({ work: {} } as Lease);
    const other = createActivity(NO_METER, clock);
    const second = new Queue('other', { connection: bench.redis, prefix: bench.prefix });
    const reference = startCanaries({
      queues: [
        {
          queue: second,
          concurrency: 1,
        },
      ],
      activity: other,
      log: silent,
      isReady: () => true,
      clock,
      interval: 20,
      patience: 400,
    });
    started.push(reference);
    // By the time that a queue which should give jobs counts as stuck, this one could have for twice as long.
    await eventually(() => reference.stuck().length === 1);
    expect(canaries?.stuck()).toEqual([]);
    isOver();
  });
});

describe('a process whose canaries others take', () => {
  it('is not stuck as long as it goes on asking for jobs, and is when it does not', async () => {
    const activity = createActivity(NO_METER, clock);
    const queue = watch(activity, 1, 800);
    let [isAsking, isOver] = [true, false];
    const others = (async () => {
      while (!isOver) {
        if (isAsking) activity.asked('default');
        const jobs = await queue.getWaiting();
        await Promise.all(jobs.map((job) => job.remove().catch(() => undefined)));
        await wait(5);
      }
    })();
    const began = clock();
    try {
      while (clock() - began < 2_000) {
        expect(canaries?.stuck()).toEqual([]);
        await wait(10);
      }
      isAsking = false;
      await eventually(() => canaries?.stuck().length === 1);
    } finally {
      isOver = true;
      await others;
    }
  });
});

describe('a worker', () => {
  it('that is idle begins its canaries, and they leave no trace', async () => {
    const worker = await bench.work({
      handlers: [handler('one', () => undefined)],
      canary: { interval: 20, patience: 2_000 },
    });
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    const stream = `${bench.prefix}:default:events`;
    const begun = async () =>
      (await bench.redis.xrange(stream, '-', '+')).filter(([, fields]) => fields.includes('active')).length;
    await eventually(async () => (await begun()) >= 5);
    expect(worker.stuckQueues()).toEqual([]);
    await worker.stop(2_000);
    await eventually(async () => {
      const counts = await queue.getJobCounts();
      return Object.values(counts).every((count) => count === 0);
    });
  });

  it('of a queue with a rate limit or a global concurrency sends none there', async () => {
    await bench.work({
      handlers: [
        handler('a', () => undefined, { queue: 'limited' }),
        handler('b', () => undefined, { queue: 'few' }),
      ],
      queues: { limited: { limiter: { max: 1, duration: 1 } }, few: { globalConcurrency: 1 } },
      canary: { interval: 20 },
    });
    const begun = async (queue: string) => bench.redis.exists(`${bench.prefix}:${queue}:id`);
    await eventually(async () => (await begun('default')) === 1);
    expect([await begun('limited'), await begun('few')]).toEqual([0, 0]);
  });
});

describe('with its Redis away', () => {
  let own: OwnRedis;
  beforeEach(async () => {
    own = await startOwnRedis();
  });
  afterEach(() => own.stop());

  it('a worker is not stuck, and works on when Redis is back', async () => {
    const away = openBench(own.url);
    const handled: string[] = [];
    const handlers = [handler('one', ({ id }) => void handled.push(id))];
    const worker = await away.work({ handlers, canary: { interval: 50, patience: 300 } });
    await eventually(async () => (await away.redis.exists(`${away.prefix}:default:id`)) === 1);
    await own.kill();
    const killed = performance.now();
    await eventually(() => performance.now() - killed > 900);
    expect(worker.stuckQueues()).toEqual([]);
    await own.restart();
    const target = { kind: 'url', url: own.url } as const;
    const store = await openEventStore({ layout: [{ target, prefix: away.prefix }], log: silent });
    const event = incoming();
    await eventually(async () => (await store.accept(event)).kind !== 'unavailable');
    await eventually(() => handled.length === 1);
    expect(worker.stuckQueues()).toEqual([]);
    await store.close();
    await away.close();
  });
});
