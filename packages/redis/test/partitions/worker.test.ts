import { NO_LOG, layoutOf, partitionOfEvent, type Handler, type Layout } from '@hookline/core';
import { eventually, startOwnRedis, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { createRegistry } from '@hookline/core';
import {
  connect,
  openEventStore,
  startWorker,
  type Connection,
  type QueueSettings,
  type RedisEventStore,
  type RunningWorker,
} from '../../src/index.ts';
import { handler, incoming } from '../support.ts';

const COUNT = 4;
let layout: Layout;
let stores: readonly RedisEventStore[];
let workers: RunningWorker[];
let redis: Connection;
beforeEach(async () => {
  layout = layoutOf([{ kind: 'url', url: testRedisUrl() }], uniquePrefix(), COUNT);
  stores = await Promise.all(layout.map((address) => openEventStore({ layout: [address], log: NO_LOG })));
  redis = connect(layout[0].target, 'worker');
  workers = [];
  await Promise.all(stores.map((store) => eventually(() => store.ping().then(() => true))));
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop(2_000)));
  await Promise.all(stores.map((store) => store.close()));
  redis.disconnect();
});

async function work(run: Handler['run'], settings: QueueSettings = {}, queues = 'work'): Promise<void> {
  const registry = createRegistry({
    handlers: [handler('one', run, { queue: queues })],
    jobs: [],
    schedules: [],
  });
  workers.push(
    await startWorker({
      layout,
      registry,
      parsePayload: (_provider, event) => JSON.parse(String(event.body)),
      log: NO_LOG,
      concurrency: 10,
      queues: { [queues]: settings },
      retention: 3_600_000,
      jobRetention: 3_600_000,
      defaultTimeout: 30_000,
    }),
  );
}

/** @returns how many events lie in each partition */
async function accept(count: number): Promise<readonly number[]> {
  const events = Array.from({ length: count }, () => incoming());
  const places = events.map((event) => partitionOfEvent(event, COUNT));
  await Promise.all(events.map((event, at) => stores[places[at] ?? 0]?.accept(event)));
  return layout.map((_, number) => places.filter((place) => place === number).length);
}

it('a worker handles each event of every partition once', async () => {
  const shares = await accept(80);
  expect(Math.min(...shares)).toBeGreaterThan(0);
  const seen: string[] = [];
  await work(({ id }) => void seen.push(id));
  await work(({ id }) => void seen.push(id));
  await eventually(() => seen.length === 80);
  await wait(200);
  expect(new Set(seen).size).toBe(seen.length);
  await expect(workers[0]?.ping()).resolves.toBeUndefined();
});

it('as many run at once as one process may, over all partitions, and none of them waits for the others to end', async () => {
  const shares = await accept(240);
  let [running, most] = [0, 0];
  const begun: string[] = [];
  await work(
    async ({ id }) => {
      begun.push(id);
      most = Math.max(most, (running += 1));
      await wait(4);
      running -= 1;
    },
    { concurrency: 3 },
  );
  await eventually(() => begun.length >= 80);
  const places = begun.slice(0, 80).map((id) => partitionOfEvent({ id, source: 'stripe' }, COUNT));
  const early = layout.map((_, number) => places.filter((place) => place === number).length);
  await eventually(() => begun.length === 240, 30_000);
  expect(most).toBeLessThanOrEqual(3);
  expect(Math.min(...early)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...early)).toBeLessThanOrEqual(40);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(240);
});

it('a queue that may run one job over all workers runs one over all partitions', async () => {
  await accept(40);
  let [running, most, done] = [0, 0, 0];
  const run = async () => {
    most = Math.max(most, (running += 1));
    await wait(5);
    running -= 1;
    done += 1;
  };
  await work(run, { globalConcurrency: 1 });
  await work(run, { globalConcurrency: 1 });
  await eventually(() => done === 40, 30_000);
  expect(most).toBe(1);
});

it('no more begin within its time than a rate over all workers allows, and one partition alone may have it all', async () => {
  const at: number[] = [];
  const settings = { limiter: { max: 5, duration: 400 } };
  await work(() => void at.push(performance.now()), settings);
  await work(() => void at.push(performance.now()), settings);
  const began = performance.now();
  await accept(20);
  await eventually(() => at.length === 20, 30_000);
  const sorted = at.toSorted((one, other) => one - other);
  // What is between the word of Redis and the handler's beginning may shorten it.
  for (let from = 0; from + 5 < sorted.length; from += 1)
    expect((sorted[from + 5] ?? 0) - (sorted[from] ?? 0)).toBeGreaterThan(300);
  expect(performance.now() - began).toBeLessThan(8_000);
});

it('a worker starts though the Redis of one partition is away, and works there when it is back', async () => {
  const other = await startOwnRedis();
  try {
    const url = (address: string) => ({ kind: 'url', url: address }) as const;
    layout = layoutOf([url(testRedisUrl()), url(other.url)], uniquePrefix(), 2);
    await other.kill();
    const seen: string[] = [];
    await work(({ id }) => void seen.push(id));
    await expect(workers[0]?.ping()).rejects.toThrow(layout[1]?.prefix);
    const acceptIn = async (number: number) => {
      const store = await openEventStore({ layout: [layout[number] ?? layout[0]], log: NO_LOG });
      try {
        const event = incoming();
        await eventually(async () => (await store.accept(event)).kind === 'accepted');
        return event.id;
      } finally {
        await store.close();
      }
    };
    const here = await acceptIn(0);
    await eventually(() => seen.includes(here));
    await other.restart();
    const there = await acceptIn(1);
    await eventually(() => seen.includes(there), 20_000);
    await expect(workers[0]?.ping()).resolves.toBeUndefined();
    expect(seen).toEqual([here, there]);
  } finally {
    await Promise.all(workers.splice(0).map((worker) => worker.stop(2_000)));
    await other.stop();
  }
}, 60_000);
