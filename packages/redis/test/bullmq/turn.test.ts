import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Worker, type Job } from 'bullmq';
import { textOf } from '../../src/bullmq/taken-job.ts';
import { keepEventsShort, WORKER_SETTINGS } from '../../src/bullmq/worker.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import { incoming, openBench, type Bench } from '../support.ts';

/** One turn as BullMQ's own scripts do it, and one as ours do. */
let [bull, ours]: Bench[] = [];
beforeEach(() => {
  bull = openBench();
  ours = openBench();
});
afterEach(() => Promise.all([bull?.close(), ours?.close()]));

const TIME = /^1[6-9]\d{11}$/;

/** Everything below a queue's keys, without what only listeners read and without times. */
async function stateOf({ redis, prefix }: Bench): Promise<Record<string, unknown>> {
  const keys = await redis.keys(`${prefix.replaceAll(/[{}]/g, '\\$&')}:default:*`);
  const entries = await Promise.all(
    keys.map(async (key) => {
      const name = key.slice(prefix.length);
      if (name.endsWith(':events')) return [];
      return [[name, await valueOf(redis, key)] as const];
    }),
  );
  return Object.fromEntries(entries.flat().toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function valueOf(redis: Bench['redis'], key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'hash':
      return timeless(Object.entries(await redis.hgetall(key)).flat(), true);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return (await redis.smembers(key)).toSorted();
    case 'zset':
      return timeless(await redis.zrange(key, '0', '-1', 'WITHSCORES'));
    default:
      return [await redis.get(key), (await redis.pttl(key)) > 0];
  }
}

function timeless(list: readonly string[], sorts = false): unknown {
  const values = list.map((value) =>
    TIME.test(value) ? 'a time' : value.replace(/"timestamp":\d+/, 'at a time'),
  );
  if (!sorts) return values;
  return Object.fromEntries(values.flatMap((value, at) => (at % 2 === 0 ? [[value, values[at + 1]]] : [])));
}

interface Scene {
  /** How many events wait; their ids are the same on both sides. */
  readonly events: number;
  readonly priorities?: readonly number[];
  readonly prepare?: (bench: Bench) => Promise<unknown>;
}

async function prepare(bench: Bench | undefined, { events, priorities = [], prepare: more }: Scene) {
  if (bench === undefined) throw new Error('no bench');
  const store = await bench.store();
  await keepEventsShort(bench.partition, 'default');
  for (let nth = 0; nth < events; nth += 1) {
    const priority = priorities[nth];
    await store.accept(
      incoming({ providerId: `evt_${nth}`, ...(priority === undefined ? {} : { priority }) }),
    );
  }
  await more?.(bench);
  return bench;
}

const TOKEN = 'worker:1';

/** Takes the first job, ends it and takes the next: by BullMQ. */
async function turnOfBullMQ(bench: Bench): Promise<unknown> {
  const { redis: connection, prefix } = bench;
  const worker = new Worker('default', null, { connection, prefix, ...WORKER_SETTINGS, autorun: false });
  try {
    const job = (await worker.getNextJob(TOKEN, { block: false })) as Job;
    await connection.sadd(`${prefix}:default:stalled`, String(job.id), 'other');
    return shown(await job.moveToCompleted(null, TOKEN, true));
  } finally {
    await worker.close();
  }
}

/** The same by ours. */
async function turnOfOurs(bench: Bench): Promise<unknown> {
  const { partition, redis, prefix } = bench;
  const ledger = createLedger({
    partition,
    process: 'here',
    parsePayload: () => ({}),
    now: Date.now,
    retention: 1_000_000,
    jobRetention: 1_000_000,
  });
  const taken = await ledger.take('default', [TOKEN]);
  const jobId = String(taken.jobs[0]?.job.id);
  await redis.sadd(`${prefix}:default:stalled`, jobId, 'other');
  const plainEnd = () => ({ kept: 100, takes: true });
  const lease = { queue: 'default', jobId, token: TOKEN, made: 0, stalled: 0, plainEnd };
  const ref = deliveryRef(jobId as never, 'one');
  const opened = await ledger.openDelivery(ref, lease, 'again');
  if (opened.kind !== 'open') throw new Error(opened.kind);
  const ended = { attempt: 1, startedAt: 1, endedAt: 2, log: [] };
  const settled = await ledger.settle(ref, lease, opened.run, { kind: 'complete', result: null }, ended, 0);
  expect(settled).toMatchObject({ kind: 'settled', ended: expect.anything() });
  const next = settled.kind === 'settled' ? settled.ended?.taken : undefined;
  if (next !== undefined)
    return { id: next.id, ats: textOf(next, 'started'), data: textOf(next, 'data'), until: 0 };
  const { kind, until } = await ledger.take('default', [TOKEN]);
  expect(['empty', 'full']).toContain(kind);
  return { until };
}

function shown(next: unknown): unknown {
  const [job, id, , until = 0] = (next ?? []) as [
    { attemptsStarted: number; data: string }?,
    string?,
    number?,
    number?,
  ];
  if (job === undefined || job === null) return { until };
  return { id, ats: String(job.attemptsStarted), data: job.data, until };
}

const ENDED = 100;

/** As many ended jobs as are kept. */
async function endedBefore({ redis, prefix }: Bench) {
  const pipeline = redis.pipeline();
  for (let nth = 0; nth < ENDED; nth += 1) {
    pipeline.zadd(`${prefix}:default:completed`, 1_000 + nth, `ended-${nth}`);
    pipeline.hset(`${prefix}:default:ended-${nth}`, 'name', 'x', 'finishedOn', 1);
    pipeline.rpush(`${prefix}:default:ended-${nth}:logs`, 'a line');
  }
  await pipeline.exec();
}

const scenes: Readonly<Record<string, Scene>> = {
  'another job waits': { events: 2 },
  'none waits': { events: 1 },
  'only jobs with a priority wait': { events: 3, priorities: [5, 3, 3] },
  'as many have ended as are kept': { events: 2, prepare: endedBefore },
  'one waits for its time': {
    events: 1,
    prepare: ({ redis, prefix }) =>
      redis.zadd(`${prefix}:default:delayed`, 0x1000 * 4_000_000_000_000, 'later'),
  },
  'as many run as may': {
    events: 2,
    prepare: ({ redis, prefix }) => redis.hset(`${prefix}:default:meta`, 'concurrency', 1),
  },
};

describe('a job that ends and the next one that is taken leave Redis as BullMQ does, where', () => {
  it.each(Object.keys(scenes))('%s', async (name) => {
    const scene = scenes[name] as Scene;
    const [theirs, own] = [await prepare(bull, scene), await prepare(ours, scene)];
    expect(await turnOfOurs(own)).toEqual(await turnOfBullMQ(theirs));
    expect(await stateOf(own)).toEqual(await stateOf(theirs));
  });
});

describe('what is not plain is left to BullMQ:', () => {
  it.each<[string, (bench: Bench) => Promise<unknown>]>([
    [
      'a limit of the queue',
      ({ redis, prefix }) => redis.hset(`${prefix}:default:meta`, 'max', 9, 'duration', 9),
    ],
    [
      'jobs whose time has come',
      ({ redis, prefix }) => redis.zadd(`${prefix}:default:delayed`, 0x1000, 'due'),
    ],
  ])('%s', async (_, more) => {
    const bench = await prepare(ours, { events: 1, prepare: more });
    const before = await stateOf(bench);
    const ledger = createLedger({
      partition: bench.partition,
      process: 'here',
      parsePayload: () => ({}),
      now: Date.now,
      retention: 1,
      jobRetention: 1,
    });
    expect(await ledger.take('default', [TOKEN])).toEqual({ kind: 'other', until: 0, jobs: [] });
    await eventually(async () => JSON.stringify(await stateOf(bench)) === JSON.stringify(before));
  });
});
