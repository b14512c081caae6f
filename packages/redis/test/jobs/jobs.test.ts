import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  NonRetryableError,
  retryPolicy,
  type JobFrame,
  type JobStatus,
  type RunContext,
} from '@hookline/core';
import { Queue } from 'bullmq';
import { openDeadLetters } from '../../src/index.ts';
import { forgetJobs } from '../../src/jobs/prune.ts';
import { job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

async function reach(id: string, status: JobStatus) {
  return eventually(async () => {
    const found = await bench.jobs().get(id);
    return found?.status === status && found;
  });
}

/** Everything that a job's stream says until it ends. */
async function framesOf(id: string, after = '0-0'): Promise<JobFrame[]> {
  const frames: JobFrame[] = [];
  const stop = await bench.feed().follow(id, after, (frame) => frames.push(frame));
  await eventually(() => ['completed', 'failed'].includes(frames.at(-1)?.type ?? ''));
  stop();
  return frames;
}

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe('a tracked job', () => {
  it('goes from pending through processing to succeeded, with its steps and its result', async () => {
    const jobs = bench.jobs();
    const wanted = newJob('count', { to: 2 }, { metadata: { user: 7 } });
    const created = await jobs.create([wanted]);
    expect(created).toMatchObject({
      kind: 'created',
      jobs: [{ id: wanted.id, name: 'count', status: 'pending', data: { to: 2 }, priority: 5 }],
    });
    const { open, opened } = gate();
    await bench.work({
      jobs: [
        job('count', async (_data, ctx) => {
          expect(ctx.jobId).toBe(wanted.id);
          await ctx.progress('one');
          await opened;
          await ctx.progress({ two: 2 });
          return { counted: 2 };
        }),
      ],
    });
    expect(await reach(wanted.id, 'processing')).toMatchObject({ attempt: 1, maxAttempts: 5 });
    open();
    const done = await reach(wanted.id, 'succeeded');
    expect(done).toMatchObject({
      result: { counted: 2 },
      metadata: { user: 7 },
      output: [
        { step: 1, data: 'one' },
        { step: 2, data: { two: 2 } },
      ],
    });
    expect(
      done.output.every(({ timestamp, processingTime }) => timestamp >= done.created && processingTime >= 0),
    );
    const frames = await framesOf(wanted.id);
    expect(frames.map(({ type }) => type)).toEqual(['started', 'progress', 'progress', 'completed']);
    expect(frames[3]?.fields).toMatchObject({ result: '{"counted":2}', message: 'Job processing completed' });
  });

  it.each(['failed', 'meta', 'wait'])(
    'is not made with the id %s, which its dead letter could not have',
    async (id) => {
      await bench.work({ jobs: [job('count', () => undefined)] });
      const jobs = bench.jobs();
      expect(await jobs.create([newJob('count', 1), newJob('count', 1, { id })])).toEqual({
        kind: 'reserved-id',
        ids: [id],
      });
      expect(await jobs.get(id)).toBeUndefined();
    },
  );

  it('is one job however often its id is asked for, and all of a bulk are added or none', async () => {
    let runs = 0;
    const jobs = bench.jobs();
    await bench.work({ jobs: [job('count', () => (runs += 1))] });
    const wanted = newJob('count', 1);
    await Promise.all(Array.from({ length: 20 }, () => jobs.create([wanted])));
    await reach(wanted.id, 'succeeded');
    expect(await jobs.create([{ ...wanted, data: 2 }])).toMatchObject({
      jobs: [{ status: 'succeeded', data: 1, result: 1 }],
    });
    const refused = await jobs.create([newJob('count', 1), newJob('cuont', 1)]);
    expect(refused).toEqual({ kind: 'unknown-name', names: ['cuont'], known: ['count'] });
    const bulk = Array.from({ length: 500 }, (_, n) => newJob('count', n));
    expect(await jobs.create(bulk)).toMatchObject({ jobs: bulk.map(({ id, data }) => ({ id, data })) });
    for (const { id } of bulk) await reach(id, 'succeeded');
    expect(runs).toBe(501);
  });

  it('may be added before any worker ever started, and again when its queue lost it', async () => {
    const jobs = bench.jobs();
    const wanted = newJob('later', 'x', { id: '12345' });
    await jobs.create([wanted]);
    await new Queue('default', { connection: bench.redis, prefix: bench.prefix }).drain();
    await jobs.create([wanted]);
    await bench.work({ jobs: [job('later', (data) => data, { queue: 'own' })] });
    expect(await reach('12345', 'succeeded')).toMatchObject({ result: 'x' });
  });

  it('keeps its own attempts, back-off and timeout, tells of each retry, and fails with a dead letter', async () => {
    const jobs = bench.jobs();
    await bench.work({
      jobs: [
        job('fragile', (_data, ctx) => {
          throw new TypeError(`no ${ctx.attempt}`);
        }),
      ],
    });
    const options = { attempts: 3, backoff: { type: 'fixed', delay: 30, jitter: 0 }, timeout: 500 } as const;
    const wanted = newJob('fragile', null, { options });
    await jobs.create([wanted]);
    const failed = await reach(wanted.id, 'failed');
    expect(failed).toMatchObject({
      attempt: 3,
      maxAttempts: 3,
      error: { name: 'TypeError', message: 'no 3' },
    });
    expect(failed.error).not.toHaveProperty('stack');
    const frames = await framesOf(wanted.id);
    expect(frames.map(({ type, fields }) => [type, fields['attempt'], fields['delay']])).toEqual([
      ['started', undefined, undefined],
      ['retrying', '1', '30'],
      ['retrying', '2', '30'],
      ['failed', undefined, undefined],
    ]);
    const [letter] = await openDeadLetters(bench.partitions).list(0, 10);
    expect(letter).toMatchObject({ id: wanted.id, job: 'fragile', reason: 'attempts-exhausted', options });
    expect(letter?.attempts).toHaveLength(3);
  });

  it.each(['the job service', 'its dead letter', 'the dashboard'] as const)(
    'begins anew when it is retried through %s',
    async (door) => {
      const jobs = bench.jobs();
      const letters = openDeadLetters(bench.partitions);
      let broken = true;
      const run = async (data: unknown, ctx: RunContext) => {
        await ctx.progress('begun');
        if (broken) throw new NonRetryableError('broken');
        return data;
      };
      await bench.work({ jobs: [job('mended', run)] });
      const wanted = newJob('mended', [1, 'two'], { metadata: { a: 1 }, options: { attempts: 2 } });
      await jobs.create([wanted]);
      await reach(wanted.id, 'failed');
      expect(await jobs.retry('nobody')).toEqual({ kind: 'unknown' });
      broken = false;
      const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
      if (door === 'the job service')
        expect(await jobs.retry(wanted.id)).toMatchObject({ kind: 'queued', job: { status: 'pending' } });
      else if (door === 'its dead letter')
        expect(await letters.replay(wanted.id)).toMatchObject({ kind: 'replayed' });
      else await eventually(async () => (await queue.getFailed())[0]?.retry().then(() => true) ?? false);
      const done = await reach(wanted.id, 'succeeded');
      expect(done).toMatchObject({ result: [1, 'two'], metadata: { a: 1 }, maxAttempts: 2 });
      expect(done).not.toHaveProperty('error');
      expect(done.output.map(({ step }) => step)).toEqual([1]);
      expect(await letters.count()).toBe(0);
      expect(await jobs.retry(wanted.id)).toEqual({ kind: 'not-failed', status: 'succeeded' });
      expect((await framesOf(wanted.id)).map(({ type }) => type)).toEqual([
        'started',
        'progress',
        'completed',
      ]);
    },
  );

  it('may have the id of one that is forgotten, though BullMQ still shows that one', async () => {
    const jobs = bench.jobs();
    await bench.work({ jobs: [job('again', (data) => data)] });
    const wanted = newJob('again', 'first');
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await jobs.create([wanted]);
    await reach(wanted.id, 'succeeded');
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    await forgetJobs(bench.partition, 3_700_000);
    await jobs.create([{ ...wanted, data: 'second' }]);
    expect(await reach(wanted.id, 'succeeded')).toMatchObject({ result: 'second' });
  });

  it('that ctx.enqueue queued is tracked too', async () => {
    let child = '';
    await bench.work({
      jobs: [
        job('parent', async (_data, ctx) => {
          child = await ctx.enqueue('child', { from: 'parent' });
        }),
        job('child', (data) => data),
      ],
    });
    const wanted = newJob('parent', null);
    await bench.jobs().create([wanted]);
    await reach(wanted.id, 'succeeded');
    expect(await reach(child, 'succeeded')).toMatchObject({
      name: 'child',
      result: { from: 'parent' },
      priority: 5,
    });
  });

  it('may queue its own successor for ever: their ids stay short', async () => {
    const ids: string[] = [];
    await bench.work({
      jobs: [
        job('next', async (data, ctx) => {
          if (data !== 0) ids.push(await ctx.enqueue('next', Number(data) - 1));
        }),
      ],
    });
    await bench.jobs().create([newJob('next', 40)]);
    await eventually(() => ids.length === 40);
    await reach(ids[39] ?? '', 'succeeded');
    expect(new Set(ids).size).toBe(40);
    expect(Math.max(...ids.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });

  it('is forgotten when its time is over, and not before', async () => {
    const jobs = bench.jobs();
    await bench.work({ jobs: [job('brief', (_data, ctx) => ctx.progress(1))] });
    const wanted = newJob('brief', null);
    await jobs.create([wanted]);
    await reach(wanted.id, 'succeeded');
    expect(await forgetJobs(bench.partition, 3_500_000)).toBe(0);
    expect(await forgetJobs(bench.partition, 3_700_000)).toBe(1);
    expect(await jobs.get(wanted.id)).toBeUndefined();
    expect(await jobs.list({ count: 10 })).toEqual({ kind: 'page', jobs: [] });
    const left = await bench.redis.keys(`${bench.prefix}/job*`);
    expect(left).toEqual([]);
  });
});

describe('cancelling', () => {
  it('ends a waiting job, which then never runs', async () => {
    let runs = 0;
    const jobs = bench.jobs();
    const wanted = newJob('delayed', null, { delay: 60_000 });
    await jobs.create([wanted]);
    expect(await jobs.cancel(wanted.id)).toMatchObject({
      kind: 'cancelled',
      job: { status: 'failed', error: { name: 'CancelledError' } },
    });
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    expect(await queue.getJobCounts('delayed', 'waiting', 'prioritized')).toEqual({
      delayed: 0,
      waiting: 0,
      prioritized: 0,
    });
    expect(await jobs.cancel(wanted.id)).toEqual({ kind: 'over', status: 'failed' });
    expect(await jobs.cancel('nobody')).toEqual({ kind: 'unknown' });
    await bench.work({ jobs: [job('delayed', () => (runs += 1))] });
    const other = newJob('delayed', null);
    await jobs.create([other]);
    await reach(other.id, 'succeeded');
    expect(runs).toBe(1);
  });

  it('aborts a running one, whose end then counts for nothing', async () => {
    const jobs = bench.jobs();
    const { open, opened } = gate();
    let reason: unknown;
    await bench.work({
      jobs: [
        job('long', async (_data, ctx) => {
          open();
          await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve()));
          reason = ctx.signal.reason;
          return 'in spite of it';
        }),
      ],
    });
    const wanted = newJob('long', null);
    await jobs.create([wanted]);
    await opened;
    expect(await jobs.cancel(wanted.id)).toMatchObject({ kind: 'cancelled' });
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    // Cancelling takes BullMQ's job away if it can, so one that ended at once is in no list of failed ones.
    await eventually(async () => reason !== undefined && (await queue.getActiveCount()) === 0);
    expect(String(reason)).toContain('cancelled');
    expect(await jobs.get(wanted.id)).toMatchObject({ status: 'failed', error: { name: 'CancelledError' } });
    expect((await framesOf(wanted.id)).map(({ type }) => type)).toEqual(['started', 'failed']);
    expect(await openDeadLetters(bench.partitions).count()).toBe(0);
    expect(await jobs.retry(wanted.id)).toMatchObject({ kind: 'queued' });
  });
});

describe('large jobs', () => {
  const large = 'x'.repeat(1_000_000);

  it('are listed in shorter pages, none left out: a page of them was never answered in time', async () => {
    const jobs = bench.jobs();
    const ids = [];
    for (let n = 0; n < 12; n += 1) {
      const job = newJob('large', large);
      await jobs.create([job]);
      ids.push(job.id);
    }
    const [seen, sizes]: [string[], number[]] = [[], []];
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await jobs.list({ count: 10, ...(after === undefined ? {} : { after }) });
      if (page.kind !== 'page') throw new Error('the cursor was not known');
      seen.push(...page.jobs.map(({ id }) => id));
      sizes.push(page.jobs.length);
      after = page.next;
    }
    expect(seen).toHaveLength(12);
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(Math.max(...sizes)).toBe(5);
  });

  it('keep the newest 16 MiB of their steps: ten thousand large ones were 640 MB', async () => {
    const jobs = bench.jobs();
    const step = 'y'.repeat(60_000);
    await bench.work({
      jobs: [
        job('talks', async (_, ctx) => {
          for (let n = 0; n < 400; n += 1) await ctx.progress({ n, step });
        }),
      ],
    });
    const talking = newJob('talks', null);
    await jobs.create([talking]);
    await eventually(async () => (await jobs.get(talking.id))?.status === 'succeeded', 30_000);
    const { connection, keys } = bench.partition;
    const stream = keys.jobStream(talking.id);
    expect(Number(await connection.call('MEMORY', 'USAGE', stream, 'SAMPLES', 0))).toBeLessThan(20_000_000);
    const { output } = (await jobs.get(talking.id, 2 ** 25)) ?? { output: [] };
    expect(output.length).toBeGreaterThan(250);
    expect(JSON.stringify(output.at(-2))).toContain('399');
  }, 60_000);
});

describe('a job of very many small steps', () => {
  it('keeps the newest 10,000: their bytes are counted as they go, or in the end all but one would', async () => {
    const jobs = bench.jobs();
    await bench.work({
      jobs: [
        job('counts', async (_, ctx) => {
          for (let n = 0; n < 11_000; n += 500)
            await Promise.all(Array.from({ length: 500 }, (__, m) => ctx.progress(n + m)));
        }),
      ],
    });
    const counting = newJob('counts', null);
    await jobs.create([counting]);
    await eventually(async () => (await jobs.get(counting.id))?.status === 'succeeded', 60_000);
    const { connection, keys } = bench.partition;
    const frames = await connection.xrange(keys.jobStream(counting.id), '-', '+');
    expect(frames).toHaveLength(10_000);
    const bytes = frames.flatMap(([, fields]) => fields).reduce((sum, text) => sum + text.length, 0);
    expect(Number(await connection.hget(keys.job(counting.id), 'streamBytes'))).toBe(bytes);
  }, 90_000);
});

describe('listing', () => {
  it('pages newest first by status and name, and a page stays where it is when newer jobs come', async () => {
    const jobs = bench.jobs();
    const bulk = Array.from({ length: 250 }, (_, n) => newJob(n % 2 ? 'odd' : 'even', n));
    await jobs.create(bulk);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await jobs.list({
        name: 'odd',
        status: 'pending',
        count: 40,
        ...(after === undefined ? {} : { after }),
      });
      if (page.kind !== 'page') throw new Error('the cursor was not known');
      seen.push(...page.jobs.map(({ id }) => id));
      after = page.next;
      await jobs.create([newJob('odd', 'newer')]);
    } while (after !== undefined);
    const odd = bulk.filter(({ name }) => name === 'odd').map(({ id }) => id);
    expect(seen.toSorted()).toEqual(odd.toSorted());
    expect(await jobs.list({ status: 'failed', count: 10 })).toEqual({ kind: 'page', jobs: [] });
    expect(await jobs.list({ count: 10, after: 'nobody' })).toEqual({ kind: 'unknown-cursor' });
  });
});

describe('following', () => {
  it('gives every frame once and in order, to early, late and resuming followers alike', async () => {
    const jobs = bench.jobs();
    const { open, opened } = gate();
    await bench.work({
      jobs: [
        job('steps', async (_data, ctx) => {
          for (let n = 1; n <= 200; n += 1) {
            await ctx.progress(n);
            if (n === 100) await opened;
          }
        }),
      ],
    });
    const wanted = newJob('steps', null);
    const feed = bench.feed();
    const early: JobFrame[] = [];
    const middle: JobFrame[] = [];
    await feed.follow(wanted.id, '0-0', (frame) => early.push(frame));
    await jobs.create([wanted]);
    await eventually(() => early.length > 50);
    await feed.follow(wanted.id, '0-0', (frame) => middle.push(frame));
    open();
    const late = await framesOf(wanted.id);
    expect(late.map(({ type }) => type)).toEqual([
      'started',
      ...Array.from({ length: 200 }, () => 'progress'),
      'completed',
    ]);
    await eventually(() => early.length === 202 && middle.length === 202);
    expect(early).toEqual(late);
    expect(middle).toEqual(late);
    expect(await framesOf(wanted.id, late[150]?.id)).toEqual(late.slice(151));
  });
});

describe('a job with its own retry policy', () => {
  it('is not changed by another job of its kind', async () => {
    const jobs = bench.jobs();
    const attempts: Record<string, number> = {};
    await bench.work({
      jobs: [
        job(
          'counted',
          (data) => {
            attempts[String(data)] = (attempts[String(data)] ?? 0) + 1;
            throw new Error('no');
          },
          { retry: retryPolicy({ attempts: 2, backoff: { delay: 10, jitter: 0 } }) },
        ),
      ],
    });
    const [usual, own] = [newJob('counted', 'usual'), newJob('counted', 'own', { options: { attempts: 4 } })];
    await jobs.create([usual, own]);
    await reach(usual.id, 'failed');
    await reach(own.id, 'failed');
    expect(attempts).toEqual({ usual: 2, own: 4 });
  });
});

describe('a job that is ended from outside', () => {
  it('leaves nothing behind on the connection, however many there are', async () => {
    const jobs = bench.jobs();
    const listeners = () =>
      bench.redis.eventNames().reduce((sum, name) => sum + bench.redis.listenerCount(name), 0);
    const endOne = async () => {
      const wanted = newJob('leak', null);
      await jobs.create([wanted]);
      await jobs.cancel(wanted.id);
      await jobs.retry(wanted.id);
    };
    await endOne();
    const before = listeners();
    for (let n = 0; n < 20; n += 1) await endOne();
    expect(listeners()).toBe(before);
  });
});
