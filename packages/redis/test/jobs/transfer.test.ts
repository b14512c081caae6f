import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, retryPolicy, type NewJob, type RunContext } from '@hookline/core';
import { eventually, testRedisUrl } from '@hookline/rig';
import { Queue } from 'bullmq';
import fc from 'fast-check';
import {
  JobQueue,
  openJobTransfer,
  type Imported,
  type JobTransfer,
  type MovedJob,
} from '../../src/index.ts';
import { readFrames } from '../../src/jobs/stream.ts';
import { createKeys } from '../../src/client/keys.ts';
import { forgetJobs } from '../../src/jobs/prune.ts';
import { job, newJob, openBench, type Bench } from '../support.ts';

const HOUR = 3_600_000;

/** Where jobs come from, and where they go. */
let from: Bench;
let to: Bench;
const open = () => {
  [from, to] = [openBench(), openBench()];
};
const close = async () => void (await Promise.all([from.close(), to.close()]));
beforeEach(open);
afterEach(close);

function transferOf({ partitions }: Bench): JobTransfer {
  return openJobTransfer({ partitions, retention: HOUR });
}

async function exported(bench: Bench): Promise<MovedJob[]> {
  const jobs: MovedJob[] = [];
  for await (const moved of transferOf(bench).export()) jobs.push(moved);
  return jobs;
}

/** Through JSON, as through a file. */
async function move(): Promise<readonly Imported[]> {
  const lines = (await exported(from)).map((moved) => JSON.stringify(moved));
  return transferOf(to).import(lines.map((line) => JSON.parse(line) as MovedJob));
}

async function ends(bench: Bench, id: string): Promise<void> {
  await eventually(async () => ['succeeded', 'failed'].includes((await bench.jobs().get(id))?.status ?? ''));
}

const bullQueue = ({ redis, prefix }: Bench, name = 'default') =>
  new Queue(name, { connection: redis, prefix });

describe('jobs that wait', () => {
  it('run where they were moved to, with their data, options, priority and metadata', async () => {
    const options = { attempts: 2, backoff: { type: 'fixed', delay: 5, jitter: 0 }, timeout: 900 } as const;
    const wanted = newJob('count', [[1, []], {}], { priority: 3, metadata: { user: 'Åsa' }, options });
    await from.jobs().create([wanted]);
    const before = await from.jobs().get(wanted.id);
    expect(await exported(from)).toEqual([{ kind: 'tracked', queue: 'default', ...before, options }]);
    expect(await move()).toEqual(['queued']);
    expect(await to.jobs().get(wanted.id)).toEqual(before);
    const seen: unknown[] = [];
    await to.work({
      jobs: [
        job('count', (data, { jobId, attempt, maxAttempts }) => {
          seen.push([data, jobId, attempt, maxAttempts]);
          throw new Error('again');
        }),
      ],
    });
    await ends(to, wanted.id);
    expect(seen).toEqual([1, 2].map((attempt) => [wanted.data, wanted.id, attempt, 2]));
  });

  it('keep their time: a delayed one does not begin before', async () => {
    const later = newJob('later', 1, { delay: HOUR });
    const soon = newJob('later', 2, { delay: 300 });
    await from.jobs().create([later, soon]);
    await move();
    const [{ runAt: was } = {}, { runAt: is } = {}] = await Promise.all(
      [from, to].map((bench) => bench.jobs().get(later.id)),
    );
    expect(is).toBe(was);
    const [delayed] = (await bullQueue(to).getDelayed()).filter(({ data }) => data.id === later.id);
    expect((delayed?.timestamp ?? 0) + (delayed?.delay ?? 0)).toBe(was);
    let began = 0;
    await to.work({ jobs: [job('later', () => (began = Date.now()))] });
    await ends(to, soon.id);
    expect(began).toBeGreaterThanOrEqual((await to.jobs().get(soon.id))?.runAt ?? Infinity);
    expect(await to.jobs().get(later.id)).toMatchObject({ status: 'pending' });
  });

  it('run in their old order, and at once where their time came on the way', async () => {
    const jobs = Array.from({ length: 30 }, (_, n) => newJob('in-order', n, { id: `order-${n + 10}` }));
    for (const wanted of jobs) await from.jobs().create([wanted]);
    const past = newJob('in-order', 30, { delay: 5, priority: 9 });
    await from.jobs().create([past]);
    const { runAt = 0 } = (await from.jobs().get(past.id)) ?? {};
    expect(runAt).toBeGreaterThan(0);
    await eventually(() => Date.now() > runAt);
    await move();
    const seen: unknown[] = [];
    await to.work({ concurrency: 1, jobs: [job('in-order', (data) => seen.push(data))] });
    await ends(to, past.id);
    expect(seen).toEqual([...jobs, past].map(({ data }) => data));
  });

  it('or run, begin anew, and remember what ctx.once did', async () => {
    const id = 'mail-1';
    let sent = 0;
    const run = async (data: unknown, ctx: RunContext) => {
      await ctx.progress('begun');
      const receipt = await ctx.once('mail', () => `receipt ${(sent += 1)}`);
      if (data === 'stay') await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      return receipt;
    };
    await from.work({ jobs: [job('mail', run)] });
    await from.jobs().create([newJob('mail', 'stay', { id })]);
    await eventually(async () => (await from.redis.exists(createKeys(from.prefix).effects(id))) === 1);
    const [moved] = await exported(from);
    expect(moved).toMatchObject({ status: 'processing', attempt: 1, output: [{ step: 1, data: 'begun' }] });
    const movedAt = Date.now();
    expect(await move()).toEqual(['queued']);
    expect(await to.jobs().get(id)).toMatchObject({ status: 'pending', output: [] });
    expect((await to.jobs().get(id))?.updated).toBeGreaterThanOrEqual(movedAt);
    expect(await to.jobs().get(id)).not.toHaveProperty('attempt');
    await to.work({ jobs: [job('mail', (_data, ctx) => run('go', ctx))] });
    await ends(to, id);
    expect(await to.jobs().get(id)).toMatchObject({ status: 'succeeded', result: 'receipt 1' });
    expect(sent).toBe(1);
  });

  it('are not lost to a job of the same id that ended there and is forgotten', async () => {
    const wanted = newJob('again', 'first');
    await to.jobs().create([wanted]);
    await to.work({ jobs: [job('again', (data) => data)] });
    await ends(to, wanted.id);
    await eventually(async () => (await bullQueue(to).getCompletedCount()) === 1);
    await forgetJobs(to.partition, 2 * HOUR);
    await from.jobs().create([{ ...wanted, data: 'second' }]);
    await move();
    await ends(to, wanted.id);
    expect(await to.jobs().get(wanted.id)).toMatchObject({ result: 'second' });
  });

  it('get a new finish token: the old address opens nothing, and none is in what moves', async () => {
    const wanted = newJob('partner', null);
    await from.jobs().create([wanted]);
    const token = (await from.redis.hget(createKeys(from.prefix).job(wanted.id), 'token')) ?? '';
    expect(token).toHaveLength(32);
    expect(JSON.stringify(await exported(from))).not.toContain(token);
    await move();
    expect(await to.jobs().mayFinish(wanted.id, token)).toBe(false);
    const own = (await to.redis.hget(createKeys(to.prefix).job(wanted.id), 'token')) ?? '';
    expect(await to.jobs().mayFinish(wanted.id, own)).toBe(true);
  });
});

describe('jobs that ended', () => {
  it('come back with their output, result or error, and streams that end', async () => {
    const wanted = ['good', 'bad', 'cancelled'].map((id) => newJob('ends', id, { id, metadata: { id } }));
    await from.jobs().create([...wanted.slice(0, 2), { ...(wanted[2] as NewJob), delay: HOUR }]);
    await from.jobs().cancel('cancelled');
    await from.work({
      jobs: [
        job('ends', async (data, ctx) => {
          await ctx.progress('ü');
          await ctx.progress({ nested: [[], {}] });
          if (data === 'bad') throw new NonRetryableError('no');
          return { data };
        }),
      ],
    });
    for (const { id } of wanted) await ends(from, id);
    expect(await move()).toEqual(['finished', 'finished', 'finished']);
    for (const { id } of wanted) {
      expect(await to.jobs().get(id)).toEqual(await from.jobs().get(id));
      const [was, is] = await Promise.all(
        [from, to].map(async ({ partition }) =>
          (await readFrames(partition, id)).map(({ type, fields }) => ({
            type,
            fields,
          })),
        ),
      );
      expect(is).toEqual(was);
    }
    const lists = await Promise.all(
      (['succeeded', 'failed', 'pending'] as const).map((status) => to.jobs().list({ status, count: 9 })),
    );
    expect(lists.map((page) => (page.kind === 'page' ? page.jobs.length : -1))).toEqual([1, 2, 0]);
  });

  it('are kept as long as one that ended there; a failed one stays, and can be retried', async () => {
    let broken = true;
    const ended = job('ends', (data) => {
      if (broken && data === 'bad') throw new NonRetryableError('no');
      return data;
    });
    await from.work({ jobs: [ended] });
    await from.jobs().create(['good', 'bad'].map((id) => newJob('ends', id, { id })));
    await Promise.all(['good', 'bad'].map((id) => ends(from, id)));
    const monthsLater = Date.now() + 2_000 * HOUR;
    const target = openJobTransfer({
      partitions: to.partitions,
      retention: HOUR,
      now: () => monthsLater,
    });
    await target.import(await exported(from));
    expect(await forgetJobs(to.partition, monthsLater - Date.now() + HOUR - 60_000)).toBe(0);
    expect(await forgetJobs(to.partition, monthsLater - Date.now() + HOUR + 60_000)).toBe(1);
    expect(await to.jobs().get('good')).toBeUndefined();
    broken = false;
    await to.work({ jobs: [ended] });
    expect(await to.jobs().retry('bad')).toMatchObject({ kind: 'queued' });
    await ends(to, 'bad');
    expect(await to.jobs().get('bad')).toMatchObject({ status: 'succeeded', result: 'bad' });
  });
});

describe('any job', () => {
  const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
  const duration = fc.nat(1_000_000);
  const options = fc.record(
    {
      attempts: fc.integer({ min: 1, max: 100 }),
      backoff: fc.record(
        {
          type: fc.constantFrom('fixed', 'exponential'),
          delay: duration,
          max: duration,
          jitter: fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true }),
        },
        { requiredKeys: [] },
      ),
      timeout: fc.integer({ min: 1, max: 1_000_000 }),
    },
    { requiredKeys: [] },
  );
  const created: fc.Arbitrary<NewJob> = fc
    .record(
      {
        name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/),
        data: json,
        priority: fc.integer({ min: 1, max: 2_097_151 }),
        delay: fc.integer({ min: 1, max: 1_000_000_000 }),
        options,
        metadata: fc.dictionary(fc.string({ unit: 'binary' }), json),
      },
      { requiredKeys: ['name', 'data', 'priority'] },
    )
    .map(({ name, data, priority, ...more }) => newJob(name, data, { priority, ...more }));

  it('is the same after it moved, and moving it again adds nothing', async () => {
    await close();
    await fc.assert(
      fc.asyncProperty(fc.array(created, { minLength: 1, maxLength: 8 }), async (jobs) => {
        open();
        try {
          await from.jobs().create(jobs);
          const before = await exported(from);
          expect(before.map(({ id }) => id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
          expect(await move()).toEqual(jobs.map(() => 'queued'));
          expect(await exported(to)).toEqual(before);
          expect(await move()).toEqual(jobs.map(() => 'known'));
          expect(await exported(to)).toEqual(before);
          for (const { id } of jobs) expect(await to.jobs().get(id)).toEqual(await from.jobs().get(id));
          const counts = await bullQueue(to).getJobCounts('prioritized', 'delayed');
          expect((counts['prioritized'] ?? 0) + (counts['delayed'] ?? 0)).toBe(jobs.length);
        } finally {
          await close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is exported once and oldest first, however many were created in one millisecond', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, n) => newJob('many', n));
    for (let i = 0; i < jobs.length; i += 1_000) await from.jobs().create(jobs.slice(i, i + 1_000));
    const found = await exported(from);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(jobs.map(({ id }) => id)));
    expect(found).toHaveLength(5_000);
    const times = found.map(({ created: time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('jobs without a record', () => {
  const openQueue = (bench: Bench, name: string) =>
    new JobQueue(name, { redis: testRedisUrl(), prefix: bench.prefix, retry: { attempts: 1 } });

  it('of a JobQueue move too: waiting, delayed, prioritized and failed', async () => {
    const [source, target] = [openQueue(from, 'library'), openQueue(to, 'library')];
    try {
      source.process('breaks', () => {
        throw new TypeError('no');
      });
      const failed = await source.add('breaks', { n: [] }, { id: 'broken', priority: 7 });
      await eventually(async () => (await source.get(failed.id))?.state === 'failed');
      await source.pause();
      const runAt = Date.now() + HOUR;
      await source.add('waits', 'b', { id: 'second', priority: 2, metadata: { a: [] } });
      await source.add('waits', 'a', { id: 'first', priority: 1, attempts: 3 });
      await source.add('waits', 'c', { id: 'later', runAt });
      const before = await source.list();
      expect(before).toHaveLength(4);
      const found = await exported(from);
      expect(found.map(({ id }) => id)).toEqual(['first', 'second', 'later', 'broken']);
      expect(found[2]).toMatchObject({ kind: 'queued', queue: 'library', state: 'delayed', runAt });
      expect(await move()).toEqual(['queued', 'queued', 'queued', 'finished']);
      expect(await move()).toEqual(['known', 'known', 'known', 'known']);
      expect(await target.stats()).toMatchObject({ waiting: 2, delayed: 1, failed: 1, active: 0 });
      for (const was of before) {
        const { updatedAt: _, ...is } = (await target.get(was.id)) ?? { updatedAt: 0 };
        expect(was).toMatchObject(is);
        expect(is).toMatchObject({ state: was.state, attemptsMade: was.attemptsMade });
      }
      const order: unknown[] = [];
      target.process('waits', ({ data }) => order.push(data));
      target.process('breaks', () => 'mended');
      await eventually(() => order.length === 2);
      expect(order).toEqual(['a', 'b']);
      await target.retry('broken');
      await eventually(async () => (await target.get('broken'))?.result === 'mended');
    } finally {
      await Promise.all([source.close(), target.close()]);
    }
  });

  it('that a schedule made, or that are no jobs but deliveries, stay where they are', async () => {
    const queue = bullQueue(from);
    await queue.upsertJobScheduler(
      'nightly',
      { pattern: '0 3 * * *' },
      { name: 'x', data: { kind: 'job', data: 1 } },
    );
    await queue.add('d', { kind: 'delivery', event: 'stripe.evt_1', handler: 'd' });
    await queue.add('plain', { kind: 'job', data: 2 });
    expect(await queue.getJobCounts('delayed', 'waiting')).toMatchObject({ delayed: 1, waiting: 2 });
    const [plain, ...others] = await exported(from);
    expect(others).toEqual([]);
    expect(plain).toMatchObject({ name: 'plain', data: 2, id: `3~${plain?.created}` });
  });

  it('run in a worker that knows their name', async () => {
    await bullQueue(from, 'own').add('greet', { kind: 'job', data: 'Ada' }, { jobId: 'greeting' });
    await move();
    const seen: unknown[] = [];
    const retry = retryPolicy({ attempts: 1 });
    await to.work({ jobs: [job('greet', (data) => seen.push(data), { queue: 'own', retry })] });
    await eventually(() => seen.length > 0);
    expect(seen).toEqual(['Ada']);
  });
});
