import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_QUEUE, retryPolicy, type Schedule } from '@hookline/core';
import { Queue } from 'bullmq';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, listEvents } from '../../src/index.ts';
import { forgetExpired } from '../../src/events/prune.ts';
import { createKeys } from '../../src/client/keys.ts';
import { handler, incoming, job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;

describe('a queue', () => {
  it('works on the most urgent event first, and fan-out inherits the priority', async () => {
    const order: string[] = [];
    const store = await bench.store();
    const events = [5, 3, 1].map((priority) => incoming({ priority, providerId: `p${priority}` }));
    for (const event of events) await store.accept(event);
    await bench.work({
      concurrency: 1,
      handlers: [
        handler('one', (event) => void order.push(event.providerId)),
        handler('other', () => undefined, { queue: 'side' }),
      ],
    });
    await eventually(async () =>
      (await Promise.all(events.map(({ id }) => statusOf(id)))).every((status) => status === 'handled'),
    );
    expect(order).toEqual(['p1', 'p3', 'p5']);
  });

  it('begins no more jobs at once than its concurrency', async () => {
    let now = 0;
    let most = 0;
    const store = await bench.store();
    const events = Array.from({ length: 8 }, () => incoming());
    for (const event of events) await store.accept(event);
    const run = async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 30));
      now -= 1;
    };
    await bench.work({
      handlers: [handler('one', run, { queue: 'narrow' })],
      queues: { narrow: { concurrency: 2 } },
    });
    await eventually(async () =>
      (await Promise.all(events.map(({ id }) => statusOf(id)))).every((status) => status === 'handled'),
    );
    expect(most).toBe(2);
  });

  it('begins no more jobs in a time than its rate limit, over all workers', async () => {
    let starts = 0;
    const store = await bench.store();
    for (let i = 0; i < 7; i += 1) await store.accept(incoming());
    const options = {
      handlers: [handler('one', () => void (starts += 1), { queue: 'limited' })],
      queues: { limited: { limiter: { max: 2, duration: 400 } } },
    };
    await Promise.all([bench.work(options), bench.work(options)]);
    await eventually(() => starts === 7);
    // When each was given out, by Redis's own clock: a busy machine begins them later, and not all of them by as much.
    const given = (await bench.redis.xrange(`${bench.prefix}:limited:events`, '-', '+')).flatMap(
      ([id, fields]) => (fields[fields.indexOf('event') + 1] === 'active' ? [Number(id.split('-')[0])] : []),
    );
    expect(given.length).toBe(7);
    // Seven at two per window need four windows, so three whole ones lie between first and last.
    expect((given.at(-1) ?? 0) - (given[0] ?? 0)).toBeGreaterThanOrEqual(3 * 400 - 10);
  });

  it('holds an event back for as long as its handler says, counted from its arrival', async () => {
    const store = await bench.store();
    const event = incoming({ receivedAt: Date.now() - 60_000 });
    const seen: string[] = [];
    await bench.work({
      handlers: [
        handler('passed', () => void seen.push('passed'), { delay: 30_000 }),
        handler('soon', () => void seen.push('soon'), { delay: () => 60_600 }),
        handler('much-later', () => void seen.push('much-later'), { delay: () => 3_600_000 }),
        handler('broken', () => void seen.push('broken'), {
          delay: () => {
            throw new Error('no');
          },
        }),
      ],
    });
    await store.accept(event);
    await eventually(() => seen.length === 3);
    expect(seen.slice(0, 2).toSorted()).toEqual(['broken', 'passed']);
    expect(seen[2]).toBe('soon');
    expect(await statusOf(event.id)).toBe('dispatched');
    expect(
      await new Queue(DEFAULT_QUEUE, { connection: bench.redis, prefix: bench.prefix }).getDelayedCount(),
    ).toBe(1);
  });

  it('passes work for a handler it does not know to a worker that does', async () => {
    const ran: string[] = [];
    const store = await bench.store();
    const event = incoming();
    const known = handler('known', () => void ran.push('known'));
    const fresh = handler('fresh', () => void ran.push('fresh'), { delay: 1_000 });
    const newer = await bench.work({ handlers: [known, fresh] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dispatched');
    await newer.stop(1_000);
    const keys = createKeys(bench.prefix);
    const older = await bench.work({ handlers: [known] });
    await eventually(async () => (await bench.redis.zcard(keys.unknown)) === 1);
    await older.stop(1_000);
    await bench.work({ handlers: [known, fresh] });
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(ran.toSorted()).toEqual(['fresh', 'known']);
    expect(await bench.redis.exists(keys.attempts(`${event.id}~fresh`))).toBe(0);
  });
});

describe('schedules', () => {
  const schedule = (name: string, more: Partial<Schedule> = {}): Schedule => ({
    name,
    file: 'test',
    cron: '* * * * * *',
    timezone: 'UTC',
    job: 'tick',
    data: {},
    missed: 'once',
    ...more,
  });

  it('run once per slot however many workers there are', async () => {
    const slots: string[] = [];
    const options = {
      jobs: [job('tick', (_, ctx) => void slots.push(ctx.jobId))],
      schedules: [schedule('each-second')],
    };
    await Promise.all([bench.work(options), bench.work(options), bench.work(options)]);
    await eventually(() => slots.length >= 4);
    expect(new Set(slots).size).toBe(slots.length);
    const times = slots.map((id) => Number(id.split(':').at(-1)) / 1000);
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
  });

  it('follow their definitions: new ones are set and changed ones replaced at boot, vanished ones removed a while later', async () => {
    const queue = new Queue(DEFAULT_QUEUE, { connection: bench.redis, prefix: bench.prefix });
    const jobs = [job('tick', () => undefined)];
    const boot = async (...schedules: Schedule[]) => {
      const worker = await bench.work({ jobs, schedules, rescuer: { interval: 30, scheduleGrace: 100 } });
      await wait(400);
      await worker.stop(1_000);
      return Object.fromEntries(
        (await queue.getJobSchedulers()).map(({ key, pattern, tz, next }) => [key, { pattern, tz, next }]),
      );
    };
    const hourly = { cron: '0 * * * *' };
    const first = await boot(schedule('same', hourly), schedule('changed', hourly), schedule('gone', hourly));
    expect(Object.keys(first).toSorted()).toEqual(['changed', 'gone', 'same']);
    const second = await boot(
      schedule('same', hourly),
      schedule('changed', { cron: '30 4 * * *', timezone: 'Europe/Berlin' }),
      schedule('new', hourly),
    );
    expect(Object.keys(second).toSorted()).toEqual(['changed', 'new', 'same']);
    expect(second['same']).toEqual(first['same']);
    expect(second['changed']).toMatchObject({ pattern: '30 4 * * *', tz: 'Europe/Berlin' });
    expect(await boot()).toEqual({});
    expect(await queue.getDelayedCount()).toBe(0);
  });

  it('run a slot that was missed once, late; with skip, not at all', async () => {
    const ran: unknown[] = [];
    const jobs = [job('tick', (data) => void ran.push(data))];
    const schedules = [
      schedule('late', { data: 'late' }),
      schedule('skipped', { data: 'skipped', missed: 'skip' }),
    ];
    await (await bench.work({ jobs, schedules, concurrency: 1 })).stop(1_000);
    ran.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const queue = new Queue(DEFAULT_QUEUE, { connection: bench.redis, prefix: bench.prefix });
    // One whose time came just as the worker stopped waits already.
    const due = (await queue.getJobs(['delayed', 'waiting'])).map((found) => found.id);
    await bench.work({ jobs, schedules, concurrency: 1 });
    await eventually(async () =>
      (await Promise.all(due.map((id) => queue.getJob(id ?? '')))).every((found) => found?.finishedOn),
    );
    const results = await Promise.all(
      due.map(async (id) => (await queue.getJob(id ?? ''))?.returnvalue as unknown),
    );
    expect(
      results.filter((result) => JSON.stringify(result)?.includes('passed while no worker ran')),
    ).toHaveLength(1);
    expect(ran.filter((data) => data === 'late').length).toBeGreaterThanOrEqual(1);
  });
});

describe("a schedule with missed: 'skip' whose queue is slower than its cron", () => {
  it('runs late, slot after slot, and does not starve', async () => {
    let ran = 0;
    // Five of these go round and round: whoever comes waits two seconds.
    const filler = job('filler', async (_, ctx) => {
      await wait(400);
      await ctx.enqueue('filler', null, { priority: 0 });
    });
    await bench.jobs().create([1, 2, 3, 4, 5].map(() => newJob('filler', null, { priority: 0 })));
    await bench.work({
      jobs: [filler, job('tick', () => void (ran += 1))],
      schedules: [
        {
          name: 'each-second',
          file: 'test',
          cron: '* * * * * *',
          timezone: 'UTC',
          job: 'tick',
          data: {},
          missed: 'skip',
        },
      ],
      concurrency: 1,
    });
    await eventually(() => ran >= 2, 30_000);
  });
});

describe('retention', () => {
  it.each([
    ['ahead', 2 * 3_600_000],
    ['behind', -2 * 3_600_000],
  ])("goes by Redis's clock, not by that of a worker which runs %s", async (_which, skew) => {
    const store = await bench.store();
    const event = incoming();
    await bench.work({ handlers: [handler('one', () => undefined)], now: () => Date.now() + skew });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(await forgetExpired(bench.partition, 3_500_000)).toBe(0);
    expect(await forgetExpired(bench.partition, 3_700_000)).toBe(1);
  });

  it('forgets settled events when their time is over, with every trace, and never an unsettled one', async () => {
    const store = await bench.store();
    const [done, waiting] = [incoming(), incoming({ type: 'later' })];
    await bench.work({
      retention: 1_000,
      handlers: [
        handler(
          'one',
          (_, ctx) =>
            ctx.once('x', () => {
              if (ctx.attempt === 1) throw new Error('once');
            }),
          { types: ['payment_intent.*'] },
        ),
        handler('later', () => undefined, { types: ['later'], delay: 3_600_000, retry: retryPolicy() }),
      ],
    });
    await store.accept(done);
    await store.accept(waiting);
    await eventually(
      async () => (await statusOf(done.id)) === 'handled' && (await statusOf(waiting.id)) === 'dispatched',
    );
    expect(await forgetExpired(bench.partition)).toBe(0);
    expect(await forgetExpired(bench.partition, 10 * 365 * 86_400_000)).toBe(1);
    const left = (await bench.redis.keys(`${bench.prefix}/*`)).filter((key) => key.includes(done.id));
    expect(left).toEqual([]);
    expect((await listEvents(bench.partitions, { count: 9 })).map(({ id }) => id)).toEqual([waiting.id]);
  });
});
