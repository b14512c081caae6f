import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventIdOf } from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { Queue } from 'bullmq';
import { ADD_JOB_LUA } from '../../src/bullmq/add-job.ts';
import { connect, findEvent, openEventStore } from '../../src/index.ts';
import { forgetExpired } from '../../src/events/prune.ts';
import { factsFrom, headersFrom } from '../../src/events/record.ts';
import { handler, incoming, openBench, silent, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => {
  jest.restoreAllMocks();
  return bench.close();
});

describe('accept', () => {
  it('records the event as it came, indexes it and queues its job', async () => {
    const store = await bench.store();
    const event = incoming({ body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]), receivedAt: 1_700_000_000_000 });
    expect(await store.accept(event)).toEqual({ kind: 'accepted', id: event.id });

    const stored = await bench.redis.hgetallBuffer(`${bench.prefix}/event/${event.id}`);
    expect(stored['body']).toEqual(event.body);
    const record = String(stored['record']);
    expect(factsFrom(record).sha256).toBe(event.sha256);
    expect(headersFrom(record)).toEqual(event.headers);
    expect(await findEvent(bench.partitions, event.id)).toMatchObject({
      source: 'stripe',
      provider: 'stripe',
      type: event.type,
      providerId: event.providerId,
      status: 'queued',
      receivedAt: 1_700_000_000_000,
      deliveries: {},
    });
    expect(await bench.redis.zscore(bench.partition.keys.eventsOfStatus('queued'), event.id)).toBe(
      '1700000000000',
    );
    expect(await bench.redis.lrange(`${bench.prefix}:default:wait`, '0', '-1')).toEqual([event.id]);
  });

  it('answers one of a hundred simultaneous copies with accepted and the rest with duplicate', async () => {
    const [one, two] = [await bench.store(), await bench.store()];
    const event = incoming();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? one : two).accept(event)),
    );
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'duplicate')).toHaveLength(99);
    expect(await bench.redis.llen(`${bench.prefix}:default:wait`)).toBe(1);
  });

  it('queues a known event whose job is not there', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await queue.obliterate({ force: true });
    expect(await store.accept(event)).toEqual({ kind: 'accepted', id: event.id });
    expect(await bench.redis.lrange(`${bench.prefix}:default:wait`, '0', '-1')).toEqual([event.id]);
    expect(await store.accept(event)).toEqual({ kind: 'duplicate', id: event.id });
  });

  it('answers duplicate for a settled event whose job is long gone', async () => {
    const store = await bench.store();
    const event = incoming();
    await bench.work({});
    await store.accept(event);
    await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'unhandled');
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    await queue.clean(0, 100, 'completed');
    expect(await store.accept(event)).toEqual({ kind: 'duplicate', id: event.id });
    expect(await queue.getWaitingCount()).toBe(0);
  });

  it('puts the event at its priority', async () => {
    const store = await bench.store();
    const late = incoming({ priority: 5 });
    const first = incoming({ priority: 1 });
    await store.accept(late);
    await store.accept(first);
    expect(await bench.redis.zrange(`${bench.prefix}:default:prioritized`, '0', '-1')).toEqual([
      first.id,
      late.id,
    ]);
  });
});

describe('events that come together', () => {
  it('are kept in one call, each once and in order', async () => {
    const store = await bench.store();
    const events = Array.from({ length: 300 }, () => incoming());
    const answers = await Promise.all([...events, ...events].map((event) => store.accept(event)));
    expect(answers.map(({ kind }) => kind)).toEqual([
      ...events.map(() => 'accepted'),
      ...events.map(() => 'duplicate'),
    ]);
    const ids = events.map(({ id }) => id);
    expect(await bench.redis.lrange(`${bench.prefix}:default:wait`, '0', '-1')).toEqual(ids.toReversed());
    const changes = await bench.redis.xrange(bench.partition.keys.changes, '-', '+');
    expect(changes.flatMap(([, [, accepted = '']]) => accepted.split(' '))).toEqual(ids);
    // Each call that accepts writes one entry: a hundred events go in one.
    expect(changes.length).toBeLessThanOrEqual(6);
  });

  it('do not fail with one that Redis cannot keep', async () => {
    const store = await bench.store();
    const [one, broken, three] = [incoming(), incoming(), incoming()];
    await bench.redis.set(bench.partition.keys.event(broken.id), 'no hash');
    const answers = await Promise.all([one, broken, three].map((event) => store.accept(event)));
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'unavailable', 'accepted']);
    expect(answers[1]).toMatchObject({ reason: expect.stringContaining('WRONGTYPE') });
    expect(await bench.redis.llen(`${bench.prefix}:default:wait`)).toBe(2);
  });
});

describe('an event id', () => {
  it('is readable where it can be, never shared, and one that BullMQ takes', () => {
    const ids = ['evt_1', '123', 'a:b', 'é', '', 'sha256-x', 'x'.repeat(500), 'a b'].map((id) =>
      eventIdOf('stripe', id),
    );
    expect(ids[0]).toBe('stripe.evt_1');
    expect(ids[1]).toBe('stripe.123');
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z-]+\.[A-Za-z0-9._-]{1,160}$/);
  });
});

describe('a job that our script stored', () => {
  it.each([
    ['a plain one', {}],
    ['a prioritized one', { priority: 3 }],
    ['a delayed one', { delay: 60_000 }],
  ])('is the same as one that BullMQ stored: %s', async (_, more) => {
    const request = {
      queue: 'theirs',
      jobId: 'x',
      name: 'n',
      work: { kind: 'job', data: [1, 'é'] },
      timestamp: 1_700_000_000_000,
      ...more,
    } as const;
    const queue = new Queue('theirs', { connection: bench.redis, prefix: bench.prefix });
    await queue.add(request.name, request.work, {
      jobId: 'x',
      timestamp: request.timestamp,
      ...more,
    });
    const theirs = await snapshot('theirs');

    const add = bench.partition.add({ ...request, queue: 'ours' });
    await bench.redis.eval(
      `${ADD_JOB_LUA}\nreturn add[ARGV[4]](KEYS, ARGV)`,
      add.keys.length,
      ...add.keys,
      ...add.args,
      add.script,
    );
    expect(await snapshot('ours')).toEqual(theirs);
    expect(theirs.job['name']).toBe('n');
  });

  it.each([
    ['a plain event', undefined],
    ['one with a priority', 4],
  ])("is the same as BullMQ's own: %s", async (_, priority) => {
    const store = await bench.store();
    const event = incoming({ providerId: 'x', ...(priority === undefined ? {} : { priority }) });
    await store.accept(event);
    const ours = await snapshot('default', event.id);
    const timestamp = Number(ours.job['timestamp']);
    const queue = new Queue('theirs', { connection: bench.redis, prefix: bench.prefix });
    const { id, source, type } = event;
    jest.spyOn(Date, 'now').mockReturnValue(timestamp);
    const options = { jobId: id, ...(priority === undefined ? {} : { priority }) };
    await queue.add(type, { kind: 'event', source }, options);
    const theirs = await snapshot('theirs', id);
    expect({ ...ours, job: withOptions(ours.job), id: null }).toEqual({
      ...theirs,
      job: withOptions(theirs.job),
      // Counts the jobs that BullMQ itself has to find a name for.
      id: null,
    });
  });

  function withOptions(job: Record<string, string>) {
    return { ...job, opts: JSON.parse(job['opts'] ?? '') as unknown };
  }

  async function snapshot(queue: string, job = 'x') {
    const name = (key: string) => `${bench.prefix}:${queue}:${key}`;
    return {
      job: await bench.redis.hgetall(name(job)),
      wait: await bench.redis.lrange(name('wait'), '0', '-1'),
      prioritized: await bench.redis.zrange(name('prioritized'), '0', '-1', 'WITHSCORES'),
      delayed: await bench.redis.zrange(name('delayed'), '0', '-1', 'WITHSCORES'),
      marker: await bench.redis.zrange(name('marker'), '0', '-1', 'WITHSCORES'),
      id: await bench.redis.get(name('id')),
    };
  }
});

describe('a Redis that is not there', () => {
  it('is refused at once when dead, in time when frozen, and used again when back, without reopening', async () => {
    const redis = await startOwnRedis();
    const prefix = '{own}';
    const store = await openEventStore({
      layout: [{ target: { kind: 'url', url: redis.url }, prefix }],
      log: silent,
    });
    try {
      await eventually(() => store.ping());
      const event = incoming();

      redis.freeze();
      const asked = performance.now();
      expect((await store.accept(event)).kind).toBe('unavailable');
      expect(performance.now() - asked).toBeLessThan(2_000);
      redis.thaw();
      // The frozen server may still carry out what it was sent: then the second asking is the duplicate.
      await eventually(async () => ['accepted', 'duplicate'].includes((await store.accept(event)).kind));

      await redis.kill('SIGKILL');
      expect((await store.accept(incoming())).kind).toBe('unavailable');
      await redis.restart();
      await eventually(async () => (await store.accept(event)).kind === 'duplicate');
    } finally {
      await store.close();
      await redis.stop();
    }
  });

  it('that evicts keys is not given events', async () => {
    const redis = await startOwnRedis();
    const direct = connect({ kind: 'url', url: redis.url }, 'worker');
    await direct.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const open = () =>
      openEventStore({ layout: [{ target: { kind: 'url', url: redis.url }, prefix: '{own}' }], log: silent });
    try {
      await expect(open()).rejects.toThrow("its maxmemory-policy is 'allkeys-lru'");
      await direct.config('SET', 'maxmemory-policy', 'noeviction');
      const store = await open();
      await direct.config('SET', 'maxmemory-policy', 'allkeys-lru');
      // An event that is in flight when the gate learns of the policy is refused without that reason.
      await eventually(async () => {
        const answer = await store.accept(incoming());
        return (
          answer.kind === 'unavailable' && answer.reason.includes('config set maxmemory-policy noeviction')
        );
      });
      await store.close();
    } finally {
      direct.disconnect();
      await redis.stop();
    }
  });
});

describe('an id that comes back after its retention, while BullMQ still keeps its old job', () => {
  it('is queued like any other', async () => {
    const store = await bench.store();
    const event = incoming();
    let runs = 0;
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await store.accept(event);
    await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'handled');
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    expect(await forgetExpired(bench.partition, 4_000_000)).toBe(1);
    expect((await store.accept(event)).kind).toBe('accepted');
    await eventually(() => runs === 2, 3_000);
  });
});
