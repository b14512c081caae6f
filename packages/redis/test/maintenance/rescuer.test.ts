import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createRegistry,
  NO_METER,
  retryPolicy,
  type Handler,
  type IncomingEvent,
  type Job,
} from '@hookline/core';
import { Queue } from 'bullmq';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { requeue, type LostWork } from '../../src/maintenance/lost-work.ts';
import {
  startRescuer,
  type Repair,
  type Rescuer,
  type RescuerOptions,
  type RescuerSettings,
} from '../../src/maintenance/rescuer.ts';
import { fleetOf, handler, incoming, job, newJob, openBench, silent, type Bench } from '../support.ts';

let bench: Bench;
let queue: Queue;
let sweepers: Rescuer[];
beforeEach(() => {
  bench = openBench();
  sweepers = [];
  queue = queueNamed('default');
});
afterEach(async () => {
  for (const sweeper of sweepers) sweeper.stop();
  await bench.close();
});

const queueNamed = (name: string) => new Queue(name, { connection: bench.redis, prefix: bench.prefix });
const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;
const key = (name: string, list = 'default') => `${bench.prefix}:${list}:${name}`;

interface Sweeping extends RescuerSettings, Partial<Pick<RescuerOptions, 'log' | 'meter'>> {
  readonly handlers?: readonly Handler[];
  readonly jobs?: readonly Job[];
}

/** One that sweeps only when it is told to, and takes everything for old. */
function sweeper({ handlers = [], jobs = [], ...settings }: Sweeping = {}): Rescuer {
  const started = startRescuer({
    partition: bench.partition,
    log: silent,
    meter: NO_METER,
    fleet: fleetOf(createRegistry({ handlers, jobs, schedules: [] })),
    unclaimedAfter: 3_600_000,
    retention: 3_600_000,
    jobRetention: 3_600_000,
    now: Date.now,
    interval: 600_000,
    age: -1,
    overdue: 0,
    ...settings,
  });
  sweepers.push(started);
  return started;
}

const sweep = (settings?: Sweeping) => sweeper(settings).sweep();
const repair = (kind: Repair['kind'], id: string): Repair => ({ kind, id });

async function accepted(more: Partial<IncomingEvent> = {}): Promise<IncomingEvent> {
  const event = incoming(more);
  expect((await (await bench.store()).accept(event)).kind).toBe('accepted');
  return event;
}

/** How a job gets lost. */
const LOSSES: [string, (id: string, list?: string) => Promise<unknown>][] = [
  [
    'is not there',
    async (id, list) => {
      await bench.redis.lrem(key('wait', list), 0, id);
      await bench.redis.zrem(key('prioritized', list), id);
      await bench.redis.del(key(id, list));
    },
  ],
  ['lost its content', (id, list) => bench.redis.del(key(id, list))],
  [
    'is in no list',
    async (id, list) => {
      await bench.redis.zrem(key('prioritized', list), id);
      await bench.redis.lrem(key('wait', list), 0, id);
    },
  ],
  [
    'has failed by itself',
    async (id, list) => {
      await bench.redis.zrem(key('prioritized', list), id);
      await bench.redis.lrem(key('wait', list), 0, id);
      await bench.redis.zadd(key('failed', list), Date.now(), id);
    },
  ],
];

describe('an event that nobody handled and whose job', () => {
  it.each(LOSSES)('%s is queued anew, once, with its priority', async (_how, lose) => {
    const runs: string[] = [];
    const event = await accepted({ priority: 3 });
    await lose(event.id);
    const once = sweeper();
    expect(await once.sweep()).toEqual([repair('event', event.id)]);
    expect(await once.sweep()).toEqual([]);
    expect(await bench.redis.zrange(key('prioritized'), '0', '-1')).toEqual([event.id]);
    expect((await queue.getJob(event.id))?.priority).toBe(3);
    expect(await bench.redis.hget(createKeys(bench.prefix).repairs, 'event')).toBe('1');
    await bench.work({ handlers: [handler('one', ({ id }) => void runs.push(id))] });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    expect(runs).toEqual([event.id]);
    expect(await queue.getJobCounts('failed', 'wait', 'active')).toEqual({ failed: 0, wait: 0, active: 0 });
  });
});

describe('a delivery whose job', () => {
  it.each(LOSSES)('%s is queued anew in its handler’s queue, and only it', async (_how, lose) => {
    const runs: string[] = [];
    const run = (name: string, more: Partial<Handler> = {}) =>
      handler(name, () => void runs.push(name), { queue: `q-${name}`, ...more });
    const event = await accepted();
    const handlers = [run('a'), run('b')];
    await bench.redis.hset(key('meta', 'q-a'), 'paused', '1');
    await bench.redis.hset(key('meta', 'q-b'), 'paused', '1');
    await bench.work({ handlers });
    await eventually(async () => (await statusOf(event.id)) === 'dispatched');
    await lose(`${event.id}~a`, 'q-a');
    expect(await sweep({ handlers })).toEqual([repair('delivery', `${event.id}~a`)]);
    for (const name of ['q-a', 'q-b']) await queueNamed(name).resume();
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(runs.toSorted()).toEqual(['a', 'b']);
  });

  it('was a replay’s is queued anew where the replay was', async () => {
    let isBroken = true;
    const one = handler(
      'one',
      () => {
        if (isBroken) throw new Error('broken');
      },
      { retry: retryPolicy({ attempts: 1 }) },
    );
    const event = await accepted();
    await bench.work({ handlers: [one] });
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    await queue.pause();
    const replayed = await openDeadLetters(bench.partitions).replay(`${event.id}~one`);
    expect(replayed.kind).toBe('replayed');
    const watching = sweeper();
    expect(await watching.sweep()).toEqual([]);
    if (replayed.kind === 'replayed') await queue.remove(replayed.jobId);
    expect(await watching.sweep()).toEqual([repair('delivery', `${event.id}~one`)]);
    isBroken = false;
    await queue.resume();
    await eventually(async () => (await statusOf(event.id)) === 'handled');
  });
});

describe('a tracked job whose own job', () => {
  it.each(LOSSES)('%s is queued anew', async (_how, lose) => {
    let runs = 0;
    const jobs = bench.jobs();
    const wanted = newJob('count', { n: 1 });
    await jobs.create([wanted]);
    const [lost] = await bench.redis.zrange(key('prioritized'), '0', '-1');
    await lose(lost ?? '');
    expect(await sweep()).toEqual([repair('job', wanted.id)]);
    await bench.work({ jobs: [job('count', () => (runs += 1))] });
    await eventually(async () => (await jobs.get(wanted.id))?.status === 'succeeded');
    expect(runs).toBe(1);
  });

  it('waits to be finished from outside is queued anew, and waits on without being sent out again', async () => {
    let sent = 0;
    const jobs = bench.jobs();
    const wanted = newJob('elsewhere', null);
    await bench.work({
      jobs: [job('elsewhere', () => void (sent += 1), { completion: 'external', timeout: 60_000 })],
    });
    await jobs.create([wanted]);
    const lost = await eventually(
      async () => (await bench.redis.zrange(key('delayed'), '0', '-1'))[0] ?? false,
    );
    await bench.redis.zrem(key('delayed'), lost);
    await bench.redis.del(key(lost));
    expect(await sweep()).toEqual([repair('job', wanted.id)]);
    const again = await eventually(
      async () => (await bench.redis.zrange(key('delayed'), '0', '-1'))[0] ?? false,
    );
    expect(again).not.toBe(lost);
    expect(await jobs.finish(wanted.id, 'done')).toMatchObject({ kind: 'finished' });
    await eventually(async () => (await bench.redis.zcard(key('completed'))) === 1);
    expect(sent).toBe(1);
  });
});

describe('what is in normal motion', () => {
  it('is left alone: waiting, delayed, running, young', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const handlers = [
      handler('runs', () => held, { types: ['run'] }),
      handler(
        'waits',
        () => {
          throw new Error('later');
        },
        { types: ['retry'], retry: retryPolicy({ backoff: { delay: '1h' } }) },
      ),
      handler('later', () => undefined, { types: ['delay'], delay: 3_600_000 }),
    ];
    const worker = await bench.work({ handlers, concurrency: 3 });
    const events = await Promise.all(['run', 'retry', 'delay'].map((type) => accepted({ type })));
    await eventually(async () => {
      const counts = await queue.getJobCounts('active', 'delayed');
      return counts['active'] === 1 && counts['delayed'] === 2;
    });
    await queue.pause();
    const waiting = await accepted({ type: 'run' });
    const watching = sweeper({ overdue: 30_000 });
    expect(await watching.sweep()).toEqual([]);
    await bench.redis.del(key(waiting.id));
    watching.stop();
    const patient = sweeper({ age: 3_600_000 });
    await eventually(async () => (await bench.redis.exists(createKeys(bench.prefix).rescuerLease)) === 0);
    expect(await patient.sweep()).toEqual([]);
    expect(await bench.redis.exists(createKeys(bench.prefix).rescuerLease)).toBe(1);
    release();
    await eventually(async () => (await statusOf(events[0]?.id ?? '')) === 'handled');
    await worker.stop(1_000);
  });

  it.each(LOSSES)('is left alone while its lock is held, though its job %s', async (_how, lose) => {
    const event = await accepted();
    const wanted = newJob('count', null);
    await bench.jobs().create([wanted]);
    const jobId = (await bench.redis.hget(createKeys(bench.prefix).job(wanted.id), 'queuedId')) ?? '';
    const locks = [event.id, jobId].map((id) => createKeys(bench.prefix).bullLock('default', id));
    for (const id of [event.id, jobId]) await lose(id);
    for (const lock of locks) await bench.redis.set(lock, 'a worker');
    const watching = sweeper();
    expect(await watching.sweep()).toEqual([]);
    await bench.redis.del(...locks);
    expect(await watching.sweep()).toEqual([repair('event', event.id), repair('job', wanted.id)]);
  });

  it('is left alone when very much waits, and what is lost among it is found', async () => {
    const store = await bench.store();
    const ids: string[] = [];
    for (let i = 0; i < 1_800; i += 1) {
      const event = incoming({ receivedAt: 1_000_000 + Math.floor(i / 700) });
      ids.push(event.id);
      await store.accept(event);
    }
    const watching = sweeper();
    expect(await watching.sweep()).toEqual([]);
    const lost = [ids[3] ?? '', ids[1_500] ?? ''];
    for (const id of lost) await bench.redis.lrem(key('wait'), 0, id);
    expect((await watching.sweep()).map(({ id }) => id).toSorted()).toEqual(lost.toSorted());
  });
});

describe('work that has gone on since it was found', () => {
  const parts = () => ({
    partition: bench.partition,
    now: Date.now,
    fleet: fleetOf(createRegistry({ handlers: [], jobs: [], schedules: [] })),
  });
  const found = (kind: LostWork['kind'], id: string, jobId: string, name = ''): LostWork => ({
    kind,
    id,
    handler: name,
    queue: 'default',
    jobId,
    where: 'unlisted',
    motion: '',
  });

  it('is left alone: what a worker has taken, though its job is gone', async () => {
    const event = await accepted();
    const lock = createKeys(bench.prefix).bullLock('default', event.id);
    await bench.redis.set(lock, 'a worker');
    await bench.redis.del(key(event.id));
    const gone: LostWork = { ...found('event', event.id, event.id), where: 'missing' };
    expect(await requeue(parts(), gone)).toBe(false);
    await bench.redis.del(lock);
    expect(await requeue(parts(), gone)).toBe(true);
  });

  it('is left alone: an event or a job that waits, a delivery or an event that is through', async () => {
    const event = await accepted();
    expect(await requeue(parts(), found('event', event.id, event.id))).toBe(false);
    const wanted = newJob('one', null);
    await bench.jobs().create([wanted]);
    const jobId = (await bench.redis.hget(createKeys(bench.prefix).job(wanted.id), 'queuedId')) ?? '';
    expect(await requeue(parts(), found('job', wanted.id, jobId))).toBe(false);

    await bench.work({ handlers: [handler('h', () => undefined)], jobs: [job('one', () => undefined)] });
    await eventually(async () => (await queue.getCompletedCount()) === 2);
    for (const id of [event.id, jobId]) await queue.remove(id);
    expect(await requeue(parts(), found('event', event.id, event.id))).toBe(false);
    expect(await requeue(parts(), found('delivery', event.id, event.id, 'h'))).toBe(false);
    expect(await requeue(parts(), found('job', wanted.id, jobId))).toBe(false);
    expect(await queue.getJobCounts('wait', 'prioritized', 'active')).toEqual({
      wait: 0,
      prioritized: 0,
      active: 0,
    });
  });
});

describe('a queue that sleeps', () => {
  it('over waiting jobs is woken at the second look', async () => {
    const event = await accepted();
    await bench.redis.del(key('marker'));
    const watching = sweeper();
    expect(await watching.sweep()).toEqual([]);
    expect(await watching.sweep()).toEqual([repair('marker', 'default')]);
    expect(await bench.redis.zrange(key('marker'), '0', '-1')).toEqual(['0']);
    expect(await statusOf(event.id)).toBe('queued');
  });

  it('over an overdue job gets a marker, then the job is put forward', async () => {
    await queue.add('late', {}, { jobId: 'late', delay: 1 });
    await bench.redis.sadd(`${bench.prefix}/queues`, 'default');
    await bench.redis.del(key('marker'));
    const watching = sweeper();
    await eventually(async () => (await watching.sweep()).length > 0);
    expect(await bench.redis.zrange(key('marker'), '0', '-1')).toEqual(['1']);
    expect(await watching.sweep()).toEqual([repair('overdue', 'late')]);
    expect(await bench.redis.lrange(key('wait'), 0, -1)).toEqual(['late']);
  });

  it.each([
    ['paused', (): Promise<unknown> => queue.pause()],
    [
      'at its global concurrency',
      async () => {
        await bench.redis.hset(key('meta'), 'concurrency', '1');
        await bench.redis.lpush(key('active'), 'somebody');
      },
    ],
    ['held by its rate limit', (): Promise<unknown> => bench.redis.set(key('limiter'), '1', 'PX', 60_000)],
  ])('because it is %s is left alone', async (_why, hold) => {
    await accepted();
    await queue.add('late', {}, { jobId: 'late', delay: 1 });
    await hold();
    await bench.redis.del(key('marker'));
    const watching = sweeper();
    for (let look = 0; look < 3; look += 1) expect(await watching.sweep()).toEqual([]);
  });
});

describe('the lease', () => {
  it('lets one sweep at a time, and passes on when that one stops', async () => {
    const [first, second] = [sweeper(), sweeper()];
    await first.sweep();
    const event = await accepted();
    await bench.redis.del(key(event.id));
    expect(await second.sweep()).toEqual([]);
    first.stop();
    await eventually(async () => (await second.sweep()).length === 1);
  });
});

describe('a job that no list names and that belongs to nothing', () => {
  it('is counted, and stays', async () => {
    await accepted();
    await queue.add('by-hand', {}, { jobId: 'left-over' });
    await bench.redis.lrem(key('wait'), 0, 'left-over');
    const watching = sweeper();
    await eventually(async () => {
      await watching.sweep();
      return (await bench.redis.hget(createKeys(bench.prefix).repairs, 'orphans')) === '1';
    });
    expect(await bench.redis.exists(key('left-over'))).toBe(1);
  });
});

describe('a sweep', () => {
  const HANDLERS = ['one', 'two', 'three', 'four', 'five'];

  /** Events that were dispatched to each handler, all of whose jobs are gone. */
  async function dispatched(count: number): Promise<void> {
    const keys = createKeys(bench.prefix);
    const pipeline = bench.redis.pipeline();
    for (let n = 0; n < count; n += 1) {
      const id = `stripe.evt_${n}`;
      pipeline.hset(keys.event(id), {
        source: 'stripe',
        provider: 'stripe',
        type: 'a.b',
        status: 'dispatched',
        statusAt: 0,
        receivedAt: n,
        to: HANDLERS.join(' '),
        ...Object.fromEntries(HANDLERS.map((name) => [`d/${name}`, 'pending'])),
      });
      pipeline.zadd(keys.eventsOfStatus('dispatched'), n, id);
    }
    await pipeline.exec();
  }

  it('repairs a page of events that many handlers each have lost', async () => {
    await dispatched(500);
    const repairs = await sweep({ handlers: HANDLERS.map((name) => handler(name, () => undefined)) });
    expect(repairs).toHaveLength(500 * HANDLERS.length);
  });

  it('that fails in one place says so, and repairs everything else', async () => {
    const keys = createKeys(bench.prefix);
    await dispatched(1);
    await bench.redis.set(keys.eventsOfStatus('received'), 'no list');
    const [warned, counted]: [unknown[], unknown[]] = [[], []];
    const repairs = await sweep({
      handlers: HANDLERS.map((name) => handler(name, () => undefined)),
      log: { ...silent, warn: (message, fields) => void warned.push([message, fields?.['part']]) },
      meter: {
        ...NO_METER,
        counter:
          ({ name }) =>
          (labels) =>
            void (name === 'hookline_sweeper_failures_total' && counted.push(labels)),
      },
    });
    expect(repairs).toHaveLength(HANDLERS.length);
    expect(warned).toContainEqual(['work that may be lost could not be looked for', 'received events']);
    expect(counted).toEqual([{ part: 'received events' }]);
  });
});
