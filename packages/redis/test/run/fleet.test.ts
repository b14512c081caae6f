import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy, type EventId, type Schedule } from '@hookline/core';
import { Queue } from 'bullmq';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { handler, incoming, job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const SOON = { interval: 50, age: -1 };
const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;
const queueNamed = (name: string) => new Queue(name, { connection: bench.redis, prefix: bench.prefix });
const lengthOf = async (name: string) =>
  Object.values(await queueNamed(name).getJobCounts('wait', 'delayed', 'prioritized', 'active')).reduce(
    (sum, count) => sum + count,
  );

async function accept(count: number, more = {}): Promise<EventId[]> {
  const store = await bench.store();
  const events = Array.from({ length: count }, () => incoming(more));
  await Promise.all(events.map((event) => store.accept(event)));
  return events.map(({ id }) => id);
}

describe('a rolling deploy', () => {
  it('with an old worker that knows a and a new one that knows a and b: b gets every event that it wants', async () => {
    const ran: string[] = [];
    const a = handler('a', () => void ran.push('a'), { types: ['payment_intent.succeeded'] });
    const b = handler('b', ({ id }) => void ran.push(id), { types: ['customer.created'] });
    await bench.work({ handlers: [a] });
    await bench.work({ handlers: [a, b] });
    const ids = await accept(100, { type: 'customer.created' });
    await eventually(
      async () => (await Promise.all(ids.map(statusOf))).every((status) => status === 'handled'),
      30_000,
    );
    expect(ran.toSorted()).toEqual(ids.toSorted());
  });

  it('looks again at events that nobody wanted before the new worker was there', async () => {
    const ran: string[] = [];
    const b = handler('b', ({ id }) => void ran.push(id), { types: ['customer.created'] });
    await bench.work({ handlers: [handler('a', () => undefined, { types: ['other'] })] });
    const [wanted, unwanted] = [
      await accept(20, { type: 'customer.created' }),
      await accept(2, { type: 'customer.deleted' }),
    ];
    const all = [...wanted, ...unwanted];
    await eventually(async () =>
      (await Promise.all(all.map(statusOf))).every((status) => status === 'unhandled'),
    );
    await bench.work({ handlers: [b], rescuer: SOON });
    await eventually(async () =>
      (await Promise.all(wanted.map(statusOf))).every((status) => status === 'handled'),
    );
    expect(ran.toSorted()).toEqual(wanted.toSorted());
    expect(await Promise.all(unwanted.map(statusOf))).toEqual(['unhandled', 'unhandled']);
  });

  it('loses nothing of a handler whose own workers are away for a moment while others take the events', async () => {
    const ran: string[] = [];
    const a = handler('a', () => void ran.push('a'));
    const b = handler('b', () => void ran.push('b'));
    await bench.work({ handlers: [a] });
    await (await bench.work({ handlers: [b] })).stop(5_000);
    const [id = '' as EventId] = await accept(1);
    await eventually(async () => (await statusOf(id)) === 'handled');
    expect(ran).toEqual(['a']);
    await bench.work({ handlers: [b], rescuer: SOON });
    await eventually(() => ran.includes('b'));
    await eventually(async () => (await statusOf(id)) === 'handled');
    expect(ran).toEqual(['a', 'b']);
  });

  it('does not count the turns of workers that do not know a handler against its policy', async () => {
    const attempts: number[] = [];
    const once = handler(
      'b',
      (_, ctx) => {
        attempts.push(ctx.attempt);
        if (attempts.length < 3) throw new Error('not yet');
      },
      { delay: 50, retry: retryPolicy({ attempts: 3, backoff: { delay: 20 } }) },
    );
    await bench.work({ handlers: [], concurrency: 50 });
    await bench.work({ handlers: [once], concurrency: 1 });
    const ids = await accept(1);
    await eventually(async () => (await statusOf(ids[0] ?? '')) === 'handled', 30_000);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('across which the only handler is renamed while it runs: the old delivery ends, and nothing is repaired for ever', async () => {
    const ran: string[] = [];
    const before = await bench.work({
      handlers: [
        handler('old', (_, { signal }) => {
          ran.push('old');
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
        }),
      ],
    });
    const [id = '' as EventId] = await accept(1);
    await eventually(() => ran.length === 1);
    await before.stop(2_600);
    await bench.work({
      handlers: [handler('new', () => void ran.push('new'))],
      unclaimedAfter: 300,
      rescuer: SOON,
    });
    await eventually(async () => (await statusOf(id)) === 'dead', 20_000);
    expect(ran).toEqual(['old', 'new']);
    expect(await openDeadLetters(bench.partitions).list(0, 9)).toMatchObject([
      { handler: 'old', reason: 'unclaimed', error: { message: expect.stringContaining("'old'") } },
    ]);
    const repaired = () => bench.redis.hget(createKeys(bench.prefix).repairs, 'delivery');
    await wait(500);
    const count = await repaired();
    await wait(500);
    expect(await repaired()).toBe(count);
  });
});

describe('a handler or job whose queue was changed', () => {
  it('takes along the retry that waits, the dead letter that is replayed and the job that is posted', async () => {
    const ran: string[] = [];
    const failing = (name: string, attempts: number) =>
      handler(name, () => Promise.reject(new Error('down')), {
        queue: 'old',
        retry: retryPolicy({ attempts, backoff: { delay: 1_500, jitter: 0 } }),
      });
    const before = await bench.work({
      handlers: [failing('retried', 5), failing('buried', 1)],
      jobs: [job('posted', () => undefined, { queue: 'old' })],
    });
    const [id = '' as EventId] = await accept(1);
    await eventually(async () => (await openDeadLetters(bench.partitions).count()) === 1);
    await eventually(async () => (await queueNamed('old').getDelayedCount()) === 1);
    await before.stop(5_000);
    const posted = newJob('posted', null);
    await bench.jobs().create([posted]);
    const run = (name: string) => () => void ran.push(name);
    await bench.work({
      handlers: [
        handler('retried', (_, ctx) => void ran.push(`retried at ${ctx.attempt}`), { queue: 'new' }),
        handler('buried', run('buried'), { queue: 'new' }),
      ],
      jobs: [job('posted', run('posted'), { queue: 'new' })],
      rescuer: SOON,
    });
    expect(await openDeadLetters(bench.partitions).replay(`${id}~buried`)).toMatchObject({ queue: 'new' });
    await eventually(async () => (await statusOf(id)) === 'handled', 20_000);
    await eventually(async () => (await bench.jobs().get(posted.id))?.status === 'succeeded');
    expect(ran.toSorted()).toEqual(['buried', 'posted', 'retried at 2']);
    expect(await lengthOf('old')).toBe(0);
  });

  it('or that was removed: what lies in its queue becomes a dead letter that says so', async () => {
    const before = await bench.work({
      handlers: [handler('gone', () => undefined, { queue: 'old', delay: 60_000 })],
      jobs: [job('posted', () => undefined, { queue: 'old' })],
    });
    const [id = '' as EventId] = await accept(1);
    await eventually(async () => (await lengthOf('old')) === 1);
    await before.stop(5_000);
    const posted = newJob('posted', { n: 1 });
    await bench.jobs().create([posted]);
    await bench.work({ handlers: [], unclaimedAfter: 300, rescuer: SOON });
    await eventually(async () => (await statusOf(id)) === 'dead', 20_000);
    await eventually(async () => (await bench.jobs().get(posted.id))?.status === 'failed');
    expect((await openDeadLetters(bench.partitions).list(0, 9)).map(({ reason }) => reason)).toEqual([
      'unclaimed',
      'unclaimed',
    ]);
    expect(await lengthOf('old')).toBe(0);
  });
});

describe('a worker of another application on the same prefix', () => {
  it('does not take away the schedules of the one that runs, nor while that one is away', async () => {
    const nightly: Schedule = {
      name: 'nightly',
      file: 'test',
      cron: '0 0 3 * * *',
      timezone: 'UTC',
      job: 'report',
      data: null,
      missed: 'once',
    };
    const own = await bench.work({ jobs: [job('report', () => undefined)], schedules: [nightly] });
    const names = async () => (await queueNamed('default').getJobSchedulers()).map(({ key }) => key);
    await bench.work({ handlers: [], rescuer: { ...SOON, scheduleGrace: 0 } });
    await wait(400);
    expect(await names()).toEqual(['nightly']);
    await own.stop(5_000);
    await wait(400);
    expect(await names()).toEqual(['nightly']);
    await bench.work({ jobs: [job('report', () => undefined)], rescuer: { ...SOON, scheduleGrace: 0 } });
    await eventually(async () => (await names()).length === 0);
  });
});

describe('a worker that Redis has forgotten', () => {
  it('runs its own handlers all the same, when Redis was away for longer than a word of it is kept', async () => {
    await bench.work({ handlers: [handler('a', () => undefined)] });
    const { announcements, revision } = bench.partition.keys;
    for (let nth = 0; nth < 5; nth += 1) {
      await bench.redis.multi().del(announcements).incr(revision).exec();
      const [id = ''] = await accept(1);
      await eventually(async () => ['handled', 'unhandled'].includes((await statusOf(id)) ?? ''));
      expect(await statusOf(id)).toBe('handled');
    }
  });
});
