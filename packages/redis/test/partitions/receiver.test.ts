import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import {
  layoutOf,
  NO_METER,
  partitionOfEvent,
  partitionOfId,
  type Layout,
  type Meter,
  type RedisTarget,
} from '@hookline/core';
import {
  eventually,
  eventuallyFits,
  startOwnRedis,
  testRedisUrl,
  uniquePrefix,
  type OwnRedis,
} from '@hookline/rig';
import { eventStoreSuite, jobFeedSuite, jobServiceSuite } from '@hookline/testing';
import { connect, openEventStore, openJobs, openPartitions } from '../../src/index.ts';
import { createJobStore } from '../../src/jobs/store.ts';
import { incoming, newJob, silent } from '../support.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const shared = (): Layout => layoutOf([{ kind: 'url', url: testRedisUrl() }], uniquePrefix(), 4);

async function storeOf(layout: Layout, more: Partial<Parameters<typeof openEventStore>[0]> = {}) {
  const store = await openEventStore({ layout, log: silent, ...more });
  closing.push(() => store.close());
  return store;
}

async function jobsOf(layout: Layout) {
  const jobs = await openJobs({ layout, log: silent, retention: 60_000 });
  closing.push(() => jobs.close());
  return jobs;
}

function partitionsOf(layout: Layout) {
  const partitions = openPartitions(layout, 'worker', silent);
  closing.push(() => partitions.close());
  return partitions;
}

describe('an event store over four partitions', () => {
  const suite = eventStoreSuite(async () => {
    const store = await openEventStore({ layout: shared(), log: silent });
    return { port: store, close: () => store.close() };
  });
  for (const { name, check } of suite) it(name, check);

  it('spreads events, and puts those of one subject together', async () => {
    const layout = shared();
    const store = await storeOf(layout);
    const { all } = partitionsOf(layout);
    const events = Array.from({ length: 60 }, (_, index) =>
      incoming(index % 2 === 0 ? { subject: 'cus_1' } : {}),
    );
    await Promise.all(events.map((event) => store.accept(event)));
    const used = new Set<number>();
    for (const event of events) {
      const at = await Promise.all(
        all.map(({ connection, keys }) => connection.exists(keys.event(event.id))),
      );
      expect(at.indexOf(1)).toBe(partitionOfEvent(event, 4));
      expect(at.filter(Boolean)).toHaveLength(1);
      if (event.subject === undefined) used.add(at.indexOf(1));
    }
    expect(used.size).toBe(4);
    expect(store.lanes).toBeUndefined();
  });

  it('shows of its gauges the worst, once', async () => {
    const gauges = new Map<string, () => unknown>();
    const meter: Meter = { ...NO_METER, gauge: ({ name }, read) => void gauges.set(name, read) };
    const warnings: string[] = [];
    const log = { ...silent, warn: (message: string) => void warnings.push(message) };
    await storeOf(shared(), { meter, log, now: () => Date.now() + 5_000 });
    expect(Number(gauges.get('hookline_clock_skew_seconds')?.())).toBeLessThan(-4);
    expect(warnings).toHaveLength(1);
  });
});

describe('jobs over four partitions', () => {
  const services = jobServiceSuite(async () => {
    const jobs = await openJobs({ layout: shared(), log: silent, retention: 3_600_000 });
    return { port: jobs.service, close: async () => jobs.close() };
  });
  for (const { name, check } of services) it(name, check);
  const feeds = jobFeedSuite(async () => {
    const jobs = await openJobs({ layout: shared(), log: silent, retention: 3_600_000 });
    return { port: jobs, close: async () => jobs.close() };
  });
  for (const { name, check } of feeds) it(name, check);

  it('are put by their ids, and found where a handler put them', async () => {
    const layout = shared();
    const { service } = await jobsOf(layout);
    const partitions = partitionsOf(layout);
    const mine = newJob('x', 1);
    await service.create([mine]);
    const { connection, keys } = partitions.ofId(mine.id);
    expect(await connection.exists(keys.job(mine.id))).toBe(1);

    const theirs = newJob('x', 2);
    const other = partitions.all[(partitionOfId(theirs.id, 4) + 1) % 4] ?? partitions.home;
    await createJobStore({ partition: other, retention: 60_000 }).create([theirs]);
    expect(await service.get(theirs.id)).toMatchObject({ id: theirs.id, data: 2 });
    expect(await service.create([{ ...theirs, data: 3 }, newJob('x', 4)])).toMatchObject({
      kind: 'created',
      jobs: [{ data: 2 }, { data: 4 }],
    });
    expect(await service.cancel(theirs.id)).toMatchObject({ kind: 'cancelled' });
    expect(await service.retry(theirs.id)).toMatchObject({ kind: 'queued' });
  });

  it('are listed as one list, newest first, page by page, whichever partition has the cursor', async () => {
    const { service } = await jobsOf(shared());
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      const job = newJob('x', index);
      await service.create([job]);
      made.unshift(job.id);
    }
    const listed: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await service.list({ count: 4, ...(after === undefined ? {} : { after }) });
      if (page.kind !== 'page') throw new Error(page.kind);
      listed.push(...page.jobs.map(({ id }) => id));
      if (page.next === undefined) break;
      expect(page.jobs).toHaveLength(4);
      after = page.next;
    }
    // Those of one millisecond come by their ids.
    expect(new Set(listed)).toEqual(new Set(made));
    expect(listed).toHaveLength(25);
  });

  it('tell every worker where they are finished', async () => {
    const layout = shared();
    const jobs = await jobsOf(layout);
    jobs.announceUrl('https://hooks.example');
    for (const { connection, keys } of partitionsOf(layout).all)
      await eventually(async () => (await connection.get(keys.publicUrl)) === 'https://hooks.example');
  });
});

describe('two Redis, one of them away', () => {
  let other: OwnRedis;
  beforeAll(async () => {
    other = await startOwnRedis();
  });
  afterAll(() => other.stop());

  const layoutWith = (url: string): Layout =>
    layoutOf(
      [
        { kind: 'url', url: testRedisUrl() },
        { kind: 'url', url },
      ],
      uniquePrefix(),
      2,
    );
  const eventAt = (at: number) => {
    for (;;) {
      const event = incoming();
      if (partitionOfEvent(event, 2) === at) return event;
    }
  };

  it('leaves the events and jobs of the other be, and is said', async () => {
    const layout = layoutWith(other.url);
    const store = await storeOf(layout);
    const { service } = await jobsOf(layout);
    const kept = [0, 1].map(() => newJob('x', 1));
    for (const job of kept) await service.create([job]);
    await other.kill();
    try {
      expect((await store.accept(eventAt(0))).kind).toBe('accepted');
      expect((await store.accept(eventAt(1))).kind).toBe('unavailable');
      expect(store.lanes?.names).toEqual(['0of2', '1of2']);
      await store.ping();
      await store.checks['partition 0']?.();
      await expect(store.checks['partition 1']?.()).rejects.toThrow('cannot be reached');
      const list = await service.list({ count: 10 });
      expect(list).toMatchObject({ kind: 'page', isPartial: true });
      const here = newJob('x', 1, { id: 'a-job-of-0' });
      expect(partitionOfId(here.id, 2)).toBe(0);
      expect(await service.create([here])).toMatchObject({ kind: 'created' });
      expect(await service.get(here.id)).toMatchObject({ id: here.id });
      await expect(service.get('nobody-knows')).rejects.toThrow();
    } finally {
      await other.restart();
    }
    await eventually(async () => (await store.accept(eventAt(1))).kind === 'accepted');
  });

  it('is waited for once, not once for each partition', async () => {
    const nowhere: RedisTarget = { kind: 'url', url: 'redis://127.0.0.1:1' };
    const elsewhere: RedisTarget = { kind: 'url', url: 'redis://127.0.0.1:2' };
    const begun = performance.now();
    await storeOf(layoutOf([nowhere, elsewhere], uniquePrefix(), 8));
    expect(performance.now() - begun).toBeLessThan(2_500);
  });

  it('says which of them may not hold events', async () => {
    const direct = connect({ kind: 'url', url: other.url }, 'worker');
    await direct.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await expect(storeOf(layoutWith(other.url))).rejects.toMatchObject({
        name: 'UnfitServerError',
        message: expect.stringMatching(new RegExp(`^${new URL(other.url).host}: .*allkeys-lru`)),
      });
    } finally {
      await direct.config('SET', 'maxmemory-policy', 'noeviction');
      direct.disconnect();
    }
  });
});

describe('events of a source that finds their subjects in another way than before', () => {
  const HOUR = 3_600_000;
  const ruled = (rule: string, now = Date.now) => ({
    subjects: { rules: new Map([['stripe', rule]]), retention: HOUR },
    now,
  });
  /** One event twice, of two subjects that lie in different partitions. */
  const copies = (layout: Layout) => {
    const first = incoming({ subject: 'cus_1' });
    for (let nth = 0; ; nth += 1) {
      const second = { ...first, subject: `order_${nth}` };
      if (partitionOfEvent(second, layout.length) !== partitionOfEvent(first, layout.length))
        return [first, second] as const;
    }
  };

  it('are known where the other rule had put them', async () => {
    const layout = shared();
    const [before, after] = copies(layout);
    const old = await storeOf(layout, ruled('data.customer'));
    await eventuallyFits(
      () => old.accept(before),
      ({ kind }) => kind === 'accepted' || kind === 'duplicate',
    );
    const store = await storeOf(layout, ruled('data.order'));
    await eventually(async () => (await store.accept(after)).kind === 'duplicate');
    // A receiver that still runs with the other rule learns of the change, too.
    const [early, late] = copies(layout);
    expect(await store.accept(late)).toMatchObject({ kind: 'accepted' });
    await wait(5_500);
    expect(await old.accept(early)).toMatchObject({ kind: 'duplicate' });
  }, 20_000);

  it('are asked for no longer than they are known, and never while the rule is the same', async () => {
    const layout = shared();
    const [before, after] = copies(layout);
    await storeOf(layout, ruled('data.customer'));
    const same = await storeOf(layout, ruled('data.customer'));
    expect(await same.accept(before)).toMatchObject({ kind: 'accepted' });
    expect(await same.accept(after)).toMatchObject({ kind: 'accepted' });
    await storeOf(layout, ruled('data.order'));
    const later = await storeOf(
      layout,
      ruled('data.order', () => Date.now() + 2 * HOUR),
    );
    const [first, second] = copies(layout);
    expect(await later.accept(first)).toMatchObject({ kind: 'accepted' });
    expect(await later.accept(second)).toMatchObject({ kind: 'accepted' });
  });
});
