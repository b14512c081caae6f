import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEAD_LETTER_QUEUE, NO_METER, type Meter } from '@hookline/core';
import { eventually, startOwnRedis, testRedisUrl } from '@hookline/rig';
import { Queue } from 'bullmq';
import { openSystem, publishStatus, type System } from '../../src/index.ts';
import { handler, incoming, openBench, silent, type Bench } from '../support.ts';

let bench: Bench;
const systems: System[] = [];
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => {
  for (const system of systems.splice(0)) system.close();
  await bench.close();
});

async function open(meter: Meter = NO_METER, url = testRedisUrl()): Promise<System> {
  const system = await openSystem({
    layout: [{ target: { kind: 'url', url }, prefix: bench.prefix }],
    log: silent,
    meter,
  });
  systems.push(system);
  return system;
}

/** Queues registered as workers do it, with BullMQ's own jobs in them. */
async function fillQueues(): Promise<void> {
  const connection = { url: testRedisUrl() };
  const [mail, letters] = ['email', DEAD_LETTER_QUEUE].map(
    (name) => new Queue(name, { connection, prefix: bench.prefix }),
  );
  await mail?.add('a', {});
  await mail?.add('b', {}, { delay: 60_000 });
  await mail?.add('c', {}, { priority: 3 });
  await mail?.add('d', {}, { priority: 4 });
  await mail?.pause();
  await letters?.add('gone', {});
  await bench.redis.sadd(`${bench.prefix}/queues`, 'email', DEAD_LETTER_QUEUE);
  await Promise.all([mail?.close(), letters?.close()]);
}

describe('a worker', () => {
  it('tells how much it does at once, and what it has been at for longest', async () => {
    let goOn = (): void => undefined;
    const going = new Promise<void>((resolve) => (goOn = resolve));
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await bench.work({ concurrency: 7, handlers: [handler('slow', () => going)] });
    const system = await open();
    const detail = async () => (await system.read()).processes.find(({ role }) => role === 'worker')?.detail;
    await eventually(async () =>
      expect(await detail()).toMatchObject({
        slots: 7,
        running: 1,
        current: `${event.id}~slow`,
        current_since: expect.any(Number),
      }),
    );
    goOn();
    await eventually(async () => expect(await detail()).toMatchObject({ running: 0 }));
    expect(await detail()).not.toHaveProperty('current');
  });
});

describe('a look at everything in Redis', () => {
  it('counts queues, dead letters and events, and tells of Redis and the sweeper', async () => {
    const store = await bench.store();
    for (let count = 0; count < 3; count += 1) await store.accept(incoming());
    await fillQueues();
    await bench.redis.hset(`${bench.prefix}/sweeper`, {
      'event-requeued': 4,
      ranAt: 1_700_000_000_000,
      note: 'x',
    });
    const state = await (await open()).read();
    expect(state.queues).toEqual([
      {
        name: 'default',
        waiting: 3,
        prioritized: 0,
        active: 0,
        delayed: 0,
        completed: 0,
        failed: 0,
        paused: false,
      },
      {
        name: 'email',
        waiting: 1,
        prioritized: 2,
        active: 0,
        delayed: 1,
        completed: 0,
        failed: 0,
        paused: true,
      },
    ]);
    expect(state.deadLetters).toBe(1);
    expect(state.events).toEqual({
      received: 0,
      queued: 3,
      dispatched: 0,
      dead: 0,
      settled: 0,
    });
    expect(state.sweeper).toEqual({ 'event-requeued': 4, ranAt: 1_700_000_000_000 });
    expect(state.memory).toMatchObject({ policy: 'noeviction' });
    expect(state.memory.used).toBeGreaterThan(100_000);
    expect(Math.abs(state.at - Date.now())).toBeLessThan(60_000);
  });

  it('knows the default queue before anything is in it', async () => {
    const state = await (await open()).read();
    expect([state.queues.map(({ name }) => name), state.deadLetters, state.processes]).toEqual([
      ['default'],
      0,
      [],
    ]);
  });

  it('tells how full Redis is and how durable', async () => {
    const redis = await startOwnRedis();
    try {
      const system = await open(NO_METER, redis.url);
      const own = openBench(redis.url);
      await own.redis.config('SET', 'maxmemory', '64mb');
      const { memory, appendfsync } = await eventually(() => system.read());
      await own.close();
      expect(memory.max).toBe(64 * 2 ** 20);
      expect(memory.ratio).toBeCloseTo(memory.used / memory.max);
      expect(appendfsync).toBe('always');
    } finally {
      for (const system of systems.splice(0)) system.close();
      await redis.stop();
    }
  });

  it('fails while Redis is away, soon, and works again afterwards', async () => {
    const redis = await startOwnRedis();
    try {
      const system = await open(NO_METER, redis.url);
      await eventually(() => system.read());
      redis.freeze();
      await expect(system.read()).rejects.toThrow();
      await redis.kill();
      await expect(system.read()).rejects.toThrow();
      await redis.restart();
      expect((await eventually(() => system.read())).events.queued).toBe(0);
    } finally {
      for (const system of systems.splice(0)) system.close();
      await redis.stop();
    }
  });

  it('looks once for all that ask at the same time', async () => {
    const system = await open();
    const looking = system.read();
    expect(system.read()).toBe(looking);
    await looking;
    expect(system.read()).not.toBe(looking);
  });

  it('publishes its counts', async () => {
    await fillQueues();
    const gauges = new Map<string, Parameters<Meter['gauge']>[1]>();
    await open({ ...NO_METER, gauge: ({ name }, read) => void gauges.set(name, read) });
    const [jobs, letters, events] = await Promise.all(
      ['hookline_queue_jobs', 'hookline_dead_letters', 'hookline_events'].map((name) => gauges.get(name)?.()),
    );
    expect(jobs).toContainEqual({ value: 2, labels: { queue: 'email', state: 'prioritized' } });
    expect(letters).toBe(1);
    expect(events).toContainEqual({ value: 0, labels: { status: 'dead' } });
  });
});

describe('the status of processes', () => {
  function publish(detail: () => Record<string, number | string>, url = testRedisUrl()) {
    const target = { kind: 'url', url } as const;
    return publishStatus({
      target,
      prefix: bench.prefix,
      role: 'receiver',
      version: '1.2.3',
      detail,
      every: 50,
    });
  }

  it('is listed, kept up to date, and gone after a clean stop', async () => {
    const system = await open();
    let spooled = 0;
    const status = publish(() => ({ spool_events: spooled, queues: 'default' }));
    const [first] = await eventually(async () => {
      const { processes } = await system.read();
      return processes.length === 1 && processes;
    });
    expect(first).toMatchObject({
      role: 'receiver',
      pid: process.pid,
      version: '1.2.3',
      detail: {
        spool_events: 0,
        queues: 'default',
      },
    });
    expect(Math.abs((first?.startedAt ?? 0) - (Date.now() - process.uptime() * 1_000))).toBeLessThan(5_000);
    spooled = 9;
    await eventually(async () => (await system.read()).processes[0]?.detail['spool_events'] === 9);
    await status.stop();
    expect((await system.read()).processes).toEqual([]);
    expect(await bench.redis.keys(`${bench.prefix}/processes*`)).toEqual([]);
  });

  it('expires when the process is gone without a word', async () => {
    const status = publish(() => ({}));
    const [key] = await eventually(async () => {
      const keys = await bench.redis.keys(`${bench.prefix}/processes/*`);
      return keys.length === 1 && keys;
    });
    expect(await bench.redis.pttl(key ?? '')).toBeGreaterThan(5_000);
    expect(await bench.redis.pttl(key ?? '')).toBeLessThanOrEqual(15_000);
    expect(await bench.redis.pttl(`${bench.prefix}/processes`)).toBeGreaterThan(5_000);
    await status.stop();
    await bench.redis.zadd(`${bench.prefix}/processes`, Date.now(), 'long-gone');
    expect((await (await open()).read()).processes).toEqual([]);
  });

  it('survives a detail that throws, is huge or never comes', async () => {
    const system = await open();
    const huge = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`n${index}`, 'x'.repeat(10_000)]),
    );
    const three = [
      publish(() => {
        throw new Error('no detail');
      }),
      publish(() => huge),
      publishStatus({
        target: {
          kind: 'url',
          url: testRedisUrl(),
        },
        prefix: bench.prefix,
        role: 'worker',
        version: '1',
        detail: () => new Promise(() => undefined),
      }),
    ];
    const processes = await eventually(async () => {
      const { processes } = await system.read();
      return processes.length === 3 && processes;
    });
    const sizes = processes.map(({ detail }) => JSON.stringify(detail).length).toSorted((a, b) => a - b);
    expect(sizes.slice(0, 2)).toEqual([2, 2]);
    expect(sizes[2]).toBeLessThan(10_000);
    await Promise.all(three.map((status) => status.stop()));
  });

  it('is not in the way of a stop while Redis is frozen or away', async () => {
    const redis = await startOwnRedis();
    try {
      const seen = openBench(redis.url);
      const [frozen, away] = [publish(() => ({}), redis.url), publish(() => ({}), redis.url)];
      await eventually(async () => (await seen.redis.zcard(`${bench.prefix}/processes`)) === 2);
      await seen.close();
      redis.freeze();
      await frozen.stop();
      await redis.kill();
      await away.stop();
    } finally {
      await redis.stop();
    }
  });
});
