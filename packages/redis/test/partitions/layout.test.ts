import { afterEach, describe, expect, test } from '@jest/globals';
import { createRegistry, layoutOf, type Layout, type RedisTarget } from '@hookline/core';
import { eventually, startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from '@hookline/rig';
import {
  changePartitions,
  connect,
  LayoutError,
  openEventStore,
  openJobs,
  openSystem,
  readLayout,
  startWorker,
  type Connection,
} from '../../src/index.ts';
import { incoming, openBench, silent } from '../support.ts';

const ONE: RedisTarget = { kind: 'url', url: testRedisUrl() };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function redis(target: RedisTarget = ONE): Connection {
  const connection = connect(target, 'worker');
  ends.push(() => connection.disconnect());
  return connection;
}

async function storeOf(layout: Layout) {
  const store = await openEventStore({ layout, log: silent });
  ends.push(() => store.close());
  return store;
}

async function work(layout: Layout) {
  const worker = await startWorker({
    layout,
    registry: createRegistry({ handlers: [], jobs: [], schedules: [] }),
    parsePayload: () => undefined,
    log: silent,
    concurrency: 1,
    queues: {},
    retention: 3_600_000,
    jobRetention: 3_600_000,
    defaultTimeout: 60_000,
  });
  ends.push(() => worker.stop(1_000));
  return worker;
}

async function ownRedis(): Promise<OwnRedis> {
  const own = await startOwnRedis();
  ends.push(() => own.stop());
  return own;
}

const of = (count: number, prefix: string) => layoutOf([ONE], prefix, count);

describe('how many partitions there are', () => {
  test('is what the first process asks for, and no other is let in that asks for something else', async () => {
    const prefix = uniquePrefix();
    await storeOf(of(3, prefix));
    expect(await redis().hgetall(`${prefix}/layout`)).toEqual({ n: '3', m: '1', place: '0' });
    await work(of(3, prefix));
    const layout = of(4, prefix);
    const says = /Redis holds 3 partitions, and PARTITIONS asks for 4: .*partitions set 4/;
    for (const start of [
      () => openEventStore({ layout, log: silent }),
      () => openJobs({ layout, retention: 1_000, log: silent }),
      () => work(layout),
      () => openSystem({ layout, log: silent }),
      () => work(of(1, prefix)),
    ])
      await expect(start()).rejects.toBeInstanceOf(LayoutError);
    await expect(work(layout)).rejects.toThrow(says);
    expect(await redis().hget(`${prefix}/layout`, 'n')).toBe('3');
  });

  test('is one where an installation of one lies already', async () => {
    const bench = openBench();
    ends.push(() => bench.close());
    const store = await bench.store();
    await store.accept(incoming());
    await bench.redis.del(`${bench.prefix}/layout`);
    await expect(openEventStore({ layout: of(4, bench.prefix), log: silent })).rejects.toThrow(
      /Redis holds 1 partition, and PARTITIONS asks for 4/,
    );
    expect(await bench.redis.hgetall(`${bench.prefix}/layout`)).toEqual({ n: '1', m: '1', place: '0' });
  });

  test('is not said by who only looks', async () => {
    const prefix = uniquePrefix();
    const system = await openSystem({ layout: of(4, prefix), log: silent });
    ends.push(() => system.close());
    await system.read();
    expect(await redis().exists(`${prefix}/layout`)).toBe(0);
  });

  test('and when it changes, who runs takes nothing any more, and says why', async () => {
    const prefix = uniquePrefix();
    const store = await storeOf(of(2, prefix));
    const system = await openSystem({ layout: of(2, prefix), log: silent });
    ends.push(() => system.close());
    expect((await store.accept(incoming())).kind).toBe('accepted');
    const connection = redis();
    await connection.hset(`${prefix}/layout`, 'next', 4);
    await eventually(
      async () =>
        expect(await store.accept(incoming())).toMatchObject({
          kind: 'unavailable',
          reason: expect.stringContaining('being changed from 2 to 4'),
        }),
      15_000,
    );
    await expect(system.read()).rejects.toBeInstanceOf(LayoutError);
    await connection.hdel(`${prefix}/layout`, 'next');
    await eventually(async () => expect((await store.accept(incoming())).kind).toBe('accepted'), 15_000);
  }, 40_000);

  test('can be set back before anything has moved', async () => {
    const prefix = uniquePrefix();
    const store = await storeOf(of(2, prefix));
    await work(of(2, prefix));
    const worker = await work(of(2, prefix));
    const connection = redis();
    // As after a death while it waits: a job is held by nobody who lives.
    await connection.hset(`${prefix}/layout`, {
      next: 4,
      nextNodes: 1,
      from: 2,
      fromNodes: 1,
      step: 'draining',
    });
    for (const number of [0, 1])
      await connection.set(`${prefix.replace('}', `:${number}}`)}/part-of`, 'closed');
    expect(await store.accept(incoming())).toMatchObject({ kind: 'unavailable' });
    await eventually(() => worker.stuckQueues().length > 0, 15_000);
    expect(worker.stuckQueues()[0]).toContain('being changed from 2 to 4');
    const change = (count: number) =>
      changePartitions({ layout: of(count, prefix), timeout: 10_000, tell: () => undefined });
    await expect(change(3)).rejects.toThrow(/from 2 to 4 partitions on 1 Redis is under way/);
    expect(await change(2)).toBe('taken back');
    await eventually(async () => expect((await store.accept(incoming())).kind).toBe('accepted'), 15_000);
    expect(await change(4)).toBe('changed');
    // Whoever slept through all of it is refused in the very step that would take it.
    expect(await store.accept(incoming())).toMatchObject({ kind: 'unavailable' });
    expect((await readLayout(of(2, prefix))).count).toBe(4);
  }, 60_000);

  test('and which Redis is which, is kept by each of them', async () => {
    const prefix = uniquePrefix();
    const targets = [await ownRedis(), await ownRedis()].map(({ url }): RedisTarget => ({
      kind: 'url',
      url,
    })) as [RedisTarget, RedisTarget];
    const [a, b] = targets;
    await storeOf(layoutOf(targets, prefix, 2));
    expect(await redis(b).hgetall(`${prefix}/layout`)).toEqual({ n: '2', m: '2', place: '1' });
    await expect(work(layoutOf([b, a], prefix, 2))).rejects.toThrow(/keep their order/);
    await expect(work(layoutOf([a], prefix, 2))).rejects.toThrow(/lie on 2 Redis, and REDIS_URLS names 1/);
  }, 30_000);
});
