import { eventually } from '@hookline/rig';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, RetryAfterError } from '@hookline/core';
import { JobNotFoundError, JobQueue, JobStateError, type JobState } from '../../src/index.ts';

import { gate, openBench, type Bench, type Jobs, type Place } from './bench.ts';

/** Every behaviour of the two library systems, 002 and 003, wherever the jobs are kept. */
export function conformance(
  where: string,
  begin: () => Promise<{ readonly place: Place; stop(): Promise<void> }>,
): void {
  let begun: Awaited<ReturnType<typeof begin>>;
  let bench: Bench;
  beforeAll(async () => {
    begun = await begin();
  });
  beforeEach(() => {
    bench = openBench(begun.place);
  });
  afterEach(() => bench.close());
  afterAll(() => begun.stop());

  const fast = { retry: { attempts: 3, delay: 30 } } as const;
  const isState = (queue: JobQueue<Jobs>, id: string, state: JobState) => async () =>
    (await queue.get(id))?.state === state;

  describe(`JobQueue on ${where}: jobs and handlers`, () => {
    it('002 basic usage: a handler does what was added, and its return value is the result', async () => {
      const queue = bench.open();
      queue.process('work', async ({ data }) => ({ sentTo: data }));
      const { id } = await queue.add('work', 'user@example.com');
      await eventually(isState(queue, id, 'completed'));
      expect((await queue.get(id))?.result).toEqual({ sentTo: 'user@example.com' });
    });

    it('002 job: carries id, name, data, state, attempts, priority, times and metadata', async () => {
      const queue = bench.open({ retry: { attempts: 4 } });
      const before = Date.now();
      const job = await queue.add('work', { a: 1 }, { priority: 7, metadata: { userId: 'u1' } });
      expect(job).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
        name: 'work',
        data: { a: 1 },
        state: 'waiting',
        attemptsMade: 0,
        attempt: 0,
        maxAttempts: 4,
        priority: 7,
        createdAt: expect.any(Number),
        runAt: job.createdAt,
        updatedAt: job.createdAt,
        metadata: { userId: 'u1' },
      });
      expect(job.createdAt).toBeGreaterThanOrEqual(before);
      expect(await queue.get(job.id)).toEqual(job);
    });

    it('002 job: every job has a priority, 5 unless another is chosen', async () => {
      expect((await bench.open().add('work', 1)).priority).toBe(5);
      expect((await bench.open({ priority: 9 }).add('work', 1)).priority).toBe(9);
    });

    it('002 states: waiting, active, completed', async () => {
      const queue = bench.open();
      const run = gate();
      const { id, state } = await queue.add('work', 1);
      expect(state).toBe('waiting');
      queue.process('work', () => run.opened);
      await eventually(isState(queue, id, 'active'));
      run.open();
      await eventually(isState(queue, id, 'completed'));
      const { attemptsMade, attempt, updatedAt, createdAt } = (await queue.get(id)) ?? never();
      expect([attemptsMade, attempt]).toEqual([1, 1]);
      expect(updatedAt).toBeGreaterThanOrEqual(createdAt);
    });

    it('002 states: active, delayed, active, failed', async () => {
      const queue = bench.open({ retry: { attempts: 2, delay: 700 } });
      const { id } = await queue.add('work', 1);
      queue.process('work', () => {
        throw new TypeError('broken');
      });
      await eventually(isState(queue, id, 'delayed'));
      const waiting = (await queue.get(id)) ?? never();
      expect([waiting.attemptsMade, waiting.error]).toEqual([1, undefined]);
      expect(waiting.runAt).toBeGreaterThanOrEqual(waiting.createdAt + 700);
      await eventually(isState(queue, id, 'failed'));
      expect(await queue.get(id)).toMatchObject({
        attemptsMade: 2,
        error: { name: 'TypeError', message: 'broken', stack: expect.stringContaining('conformance') },
      });
    });

    it('002 handler: sees id, attempt, maxAttempts, priority and metadata', async () => {
      const queue = bench.open(fast);
      const seen: unknown[] = [];
      queue.process('work', (job, ctx) => {
        const { id, state, attemptsMade, attempt, maxAttempts, priority, metadata } = job;
        seen.push({ id, state, attemptsMade, attempt, maxAttempts, priority, metadata });
        expect([ctx.attempt, ctx.maxAttempts]).toEqual([attempt, maxAttempts]);
        if (attempt === 1) throw new Error('once more');
      });
      const { id } = await queue.add('work', 1, { priority: 2, metadata: { campaignId: 'c1' } });
      await eventually(isState(queue, id, 'completed'));
      const same = { id, state: 'active', maxAttempts: 3, priority: 2, metadata: { campaignId: 'c1' } };
      expect(seen).toEqual([
        { ...same, attemptsMade: 0, attempt: 1 },
        { ...same, attemptsMade: 1, attempt: 2 },
      ]);
    });

    it('002 handler: what it throws fails the attempt; 003 error handling: re-thrown marks the job failed', async () => {
      const queue = bench.open({ retry: { attempts: 1 } });
      queue.process('work', async () => {
        try {
          await Promise.reject(new Error('api is down'));
        } catch (error) {
          throw new Error(`Failed: ${(error as Error).message}`, { cause: error });
        }
      });
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      expect((await queue.get(id))?.error?.message).toBe('Failed: api is down');
    });

    it('003 array params are passed through as they are', async () => {
      const queue = bench.open();
      queue.process('work', ({ data }) => data);
      const { id } = await queue.add('work', ['item1', 'item2', { three: [3] }]);
      await eventually(isState(queue, id, 'completed'));
      expect(await queue.get(id)).toMatchObject({
        data: ['item1', 'item2', { three: [3] }],
        result: ['item1', 'item2', { three: [3] }],
      });
    });

    it('003 any JSON is data and result: null, false, numbers, text, nested', async () => {
      const queue = bench.open();
      queue.process('work', ({ data }) => data);
      const values = [null, false, 0, '', 'ü', { a: [{ b: null }] }];
      const jobs = await queue.addBulk(values.map((data) => ({ name: 'work', data })));
      for (const [i, { id }] of jobs.entries()) {
        await eventually(isState(queue, id, 'completed'));
        expect((await queue.get(id))?.result).toEqual(values[i]);
      }
    });

    it('a result or data that is not JSON is said to be, and not tried again', async () => {
      const queue = bench.open(fast);
      await expect(queue.add('work', 1n)).rejects.toThrow("the data of job 'work' cannot be kept as JSON");
      queue.process('work', () => 1n);
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      expect(await queue.get(id)).toMatchObject({
        attemptsMade: 1,
        error: { message: 'the returned value cannot be kept as JSON' },
      });
    });

    it('003 unique id: many jobs at once have many ids; an id of your own makes the same job of two', async () => {
      const queue = bench.open();
      const added: string[] = [];
      queue.on('added', ({ id }) => added.push(id));
      const jobs = await Promise.all(Array.from({ length: 50 }, () => queue.add('work', 1)));
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(50);
      const first = await queue.add('work', 'first', { id: 'order-1' });
      await eventually(() => Date.now() > first.createdAt);
      expect(await queue.add('work', 'second', { id: 'order-1', delay: '1h' })).toEqual(first);
      const bulk = await queue.addBulk([{ name: 'work', data: 'third', options: { id: 'order-1' } }]);
      expect(bulk).toEqual([first]);
      expect(await queue.stats()).toMatchObject({ waiting: 51 });
      expect(added.filter((id) => id === 'order-1')).toHaveLength(1);
    });

    it('003 queuing before startup: jobs are added while nobody works, and done when somebody does', async () => {
      const adder = bench.open();
      const jobs = await Promise.all([adder.add('work', 1), adder.add('work', 2)]);
      expect(await adder.stats()).toMatchObject({ waiting: 2, active: 0 });
      bench.open().process('work', ({ data }) => data);
      for (const { id } of jobs) await eventually(isState(adder, id, 'completed'));
    });

    it('handlers show their progress', async () => {
      const queue = bench.open();
      const run = gate();
      queue.process('work', async (_, ctx) => {
        await ctx.progress({ step: 'half' });
        await run.opened;
      });
      const { id } = await queue.add('work', 1);
      await eventually(async () => {
        expect((await queue.get(id))?.progress).toEqual({ step: 'half' });
      });
      run.open();
    });
  });

  describe(`JobQueue on ${where}: retries`, () => {
    const waitsOf = async (options: NonNullable<Parameters<Bench['open']>[0]>) => {
      const queue = bench.open(options);
      const starts: number[] = [];
      const waits: number[] = [];
      queue.on('retrying', (_job, _attempt, delay) => waits.push(delay));
      queue.process('work', () => {
        starts.push(Date.now());
        throw new Error('again');
      });
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      starts.slice(1).forEach((start, i) => {
        expect(start - (starts[i] ?? 0)).toBeGreaterThanOrEqual((waits[i] ?? 0) - 5);
      });
      return { waits, attempts: starts.length };
    };

    it('002 exponential back-off: waits 1, 2 and 4 times the delay, then fails for good', async () => {
      const retry = { attempts: 4, backoff: 'exponential', delay: 60 } as const;
      expect(await waitsOf({ retry })).toEqual({ waits: [60, 120, 240], attempts: 4 });
    });

    it('002 maxDelay: no wait is longer', async () => {
      const retry = { attempts: 4, delay: 40, maxDelay: 60 };
      expect(await waitsOf({ retry })).toEqual({ waits: [40, 60, 60], attempts: 4 });
    });

    it('002 fixed back-off: waits the same each time', async () => {
      const retry = { attempts: 3, backoff: 'fixed', delay: '30ms' } as const;
      expect(await waitsOf({ retry })).toEqual({ waits: [30, 30], attempts: 3 });
    });

    it('002 attempts counts all tries: 1 is never tried again', async () => {
      expect(await waitsOf({ retry: { attempts: 1 } })).toEqual({ waits: [], attempts: 1 });
    });

    it("a job's own attempts, back-off and timeout come before the queue's", async () => {
      const queue = bench.open({ retry: { attempts: 5, delay: '1h' }, timeout: '1h' });
      const waits: number[] = [];
      queue.on('retrying', (_job, _attempt, delay) => waits.push(delay));
      queue.process(
        'work',
        (_, ctx) =>
          new Promise((_resolve, reject) => {
            ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
          }),
      );
      const { id, maxAttempts } = await queue.add('work', 1, {
        attempts: 2,
        backoff: { type: 'fixed', delay: 20 },
        timeout: 50,
      });
      expect(maxAttempts).toBe(2);
      await eventually(isState(queue, id, 'failed'));
      expect(waits).toEqual([20]);
      expect((await queue.get(id))?.error?.message).toBe('the attempt took longer than its timeout of 50 ms');
    });

    it('NonRetryableError ends a job at once; RetryAfterError chooses the wait', async () => {
      const queue = bench.open({ retry: { attempts: 3, delay: '1h' } });
      const waits: number[] = [];
      queue.on('retrying', (_job, _attempt, delay) => waits.push(delay));
      queue.process('work', ({ attempt }) => {
        if (attempt === 1) throw new RetryAfterError('busy', 40);
        throw new NonRetryableError('refused');
      });
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      expect(waits).toEqual([40]);
      expect(await queue.get(id)).toMatchObject({
        attemptsMade: 2,
        error: { name: 'NonRetryableError', message: 'refused' },
      });
    });

    it('002 manual retry: a failed job is tried again, with all its attempts', async () => {
      const queue = bench.open({ retry: { attempts: 2, delay: 10 } });
      let mended = false;
      const attempts: number[] = [];
      queue.process('work', ({ attempt }) => {
        attempts.push(attempt);
        if (!mended || attempt === 1) throw new Error('not yet');
        return 'mended';
      });
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      mended = true;
      await queue.retry(id);
      await eventually(isState(queue, id, 'completed'));
      expect(attempts).toEqual([1, 2, 1, 2]);
      const job = (await queue.get(id)) ?? never();
      expect([job.result, job.error, job.attemptsMade]).toEqual(['mended', undefined, 2]);
    });

    it('002 manual retry: an unknown id is a JobNotFoundError; a job that has not failed is refused', async () => {
      const queue = bench.open();
      await expect(queue.retry('nobody')).rejects.toThrow(JobNotFoundError);
      await expect(queue.retry('nobody')).rejects.toThrow(`has no job 'nobody'`);
      const { id } = await queue.add('work', 1);
      await expect(queue.retry(id)).rejects.toThrow(JobStateError);
      await expect(queue.retry(id)).rejects.toThrow('is waiting: only a failed job can be retried');
    });
  });

  describe(`JobQueue on ${where}: order and time`, () => {
    const inOrder = async (add: (queue: JobQueue<Jobs>) => Promise<unknown>, count: number) => {
      const queue = bench.open({ concurrency: 1 });
      await add(queue);
      const order: unknown[] = [];
      queue.process('work', ({ data }) => void order.push(data));
      await eventually(() => order.length === count);
      return order;
    };

    it('002 priorities: 1 first, larger later, 5 by default, and in order of adding among equals', async () => {
      const order = await inOrder(async (queue) => {
        await queue.add('work', 'low', { priority: 10 });
        await queue.add('work', 'usual');
        await queue.add('work', 'usual too');
        await queue.add('work', 'high', { priority: 1 });
      }, 4);
      expect(order).toEqual(['high', 'usual', 'usual too', 'low']);
    });

    it('002 bulk: many jobs in one call, done in their order', async () => {
      const data = Array.from({ length: 40 }, (_, i) => i);
      const order = await inOrder(async (queue) => {
        const jobs = await queue.addBulk(data.map((i) => ({ name: 'work', data: i })));
        expect(jobs.map((job) => job.data)).toEqual(data);
        expect((await queue.list('waiting')).map((job) => job.data)).toEqual(data);
      }, 40);
      expect(order).toEqual(data);
    });

    it('002 bulk: one that cannot be refuses all of them; none is fine', async () => {
      const queue = bench.open();
      const jobs = [
        { name: 'work', data: 1 },
        { name: 'work', data: 2, options: { priority: 0 } },
      ] as const;
      await expect(queue.addBulk(jobs)).rejects.toThrow('priority is 0: use a whole number from 1');
      expect(await queue.addBulk([])).toEqual([]);
      expect(await queue.stats()).toMatchObject({ waiting: 0 });
    });

    it('002 delayed jobs: wait for their time', async () => {
      const queue = bench.open();
      const starts: number[] = [];
      queue.process('work', () => void starts.push(Date.now()));
      const job = await queue.add('work', 1, { delay: 400 });
      expect([job.state, job.runAt - job.createdAt]).toEqual(['delayed', 400]);
      expect(await queue.stats()).toMatchObject({ delayed: 1 });
      await eventually(isState(queue, job.id, 'completed'));
      expect(starts[0]).toBeGreaterThanOrEqual(job.runAt);
    });

    it('003 schedule: waitTime is { delay }, executionDate is { runAt }', async () => {
      const queue = bench.open();
      const then = new Date(Date.now() + 3_600_000);
      const jobs = [
        await queue.schedule('work', 'later', { runAt: then }),
        await queue.schedule('work', 'number', { runAt: then.getTime() }),
        await queue.schedule('work', 'in a day', { delay: '1d' }, { metadata: { a: 1 } }),
      ];
      expect(jobs.map(({ state }) => state)).toEqual(['delayed', 'delayed', 'delayed']);
      expect(jobs[0]?.runAt).toBe(then.getTime());
      expect(jobs[2]).toMatchObject({ metadata: { a: 1 } });
      expect((await queue.list('delayed')).map(({ data }) => data)).toEqual(['later', 'number', 'in a day']);
    });

    it('003 schedule: a time that is past means at once', async () => {
      const queue = bench.open();
      const job = await queue.schedule('work', 1, { runAt: new Date('2020-01-01T00:00:00Z') });
      expect([job.state, job.runAt]).toEqual(['waiting', job.createdAt]);
      queue.process('work', () => 'done');
      await eventually(isState(queue, job.id, 'completed'));
    });
  });

  describe(`JobQueue on ${where}: how much at a time`, () => {
    const mostAtOnce = () => {
      let now = 0;
      const seen = { most: 0, done: 0 };
      const run = async () => {
        seen.most = Math.max(seen.most, (now += 1));
        await new Promise((resolve) => setTimeout(resolve, 40));
        now -= 1;
        seen.done += 1;
      };
      return { seen, run };
    };
    const tasks = (count: number) =>
      Array.from({ length: count }, (_, data) => ({ name: 'work', data }) as const);

    it('002 concurrency: 5 at once unless another number is chosen, over all workers of the queue', async () => {
      const { seen, run } = mostAtOnce();
      const queues = [bench.open(), bench.open(), bench.open()];
      await queues[0]?.addBulk(tasks(20));
      for (const queue of queues) queue.process('work', run);
      await eventually(() => seen.done === 20);
      expect(seen.most).toBe(5);
    });

    it('002 example 4, 003 default: with concurrency 1 one job runs at a time, in order', async () => {
      const { seen, run } = mostAtOnce();
      const order: unknown[] = [];
      const queues = [bench.open({ concurrency: 1 }), bench.open({ concurrency: 1 })];
      await queues[0]?.addBulk(tasks(8));
      for (const queue of queues)
        queue.process('work', async ({ data }) => {
          order.push(data);
          await run();
        });
      await eventually(() => seen.done === 8);
      expect(seen.most).toBe(1);
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });

    it('003 setConcurrency: changes while jobs run, up and down', async () => {
      const queue = bench.open({ concurrency: 1 });
      const gates = Array.from({ length: 8 }, gate);
      await queue.addBulk(tasks(8));
      const started: number[] = [];
      let ended = 0;
      queue.process('work', async ({ data }) => {
        started.push(data as number);
        await gates[data as number]?.opened;
        ended += 1;
      });
      await eventually(() => started.length === 1);
      await queue.setConcurrency(3);
      await eventually(() => started.length === 3);
      expect(await queue.stats()).toMatchObject({ active: 3, waiting: 5 });
      await queue.setConcurrency(1);
      for (const i of [0, 1, 2]) gates[i]?.open();
      await eventually(() => ended === 3 && started.length === 4);
      expect(await queue.stats()).toMatchObject({ active: 1, waiting: 4 });
      for (const { open } of gates) open();
      await eventually(() => ended === 8);
    });

    it('002 rate limiting: at most max starts per duration, even with more concurrency', async () => {
      const starts: number[] = [];
      const options = { concurrency: 10, limiter: { max: 2, duration: 500 } };
      const queues = [bench.open(options), bench.open(options)];
      await queues[0]?.addBulk(tasks(7));
      for (const queue of queues) queue.process('work', () => void starts.push(Date.now()));
      await eventually(() => starts.length === 7);
      // Windows begin with their first job: the 3rd, 5th and 7th job each need another one. Half a window is slack
      // for how long a job takes from being claimed to its first line.
      for (const [i, windows] of [
        [2, 1],
        [4, 2],
        [6, 3],
      ] as const)
        expect((starts[i] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(windows * 500 - 250);
    });

    it('002 pause and resume: for all workers of the queue; what runs goes on', async () => {
      const [queue, other] = [bench.open(), bench.open()];
      const run = gate();
      const started: unknown[] = [];
      for (const each of [queue, other])
        each.process('work', async ({ data }) => {
          started.push(data);
          await run.opened;
        });
      const first = await queue.add('work', 'first');
      await eventually(() => started.length === 1);
      await other.pause();
      await queue.add('work', 'second');
      await queue.add('work', 'later', { delay: 1 });
      run.open();
      await eventually(isState(queue, first.id, 'completed'));
      // Nothing happens: only time can show it. Idle workers look once a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(started).toEqual(['first']);
      expect((await queue.stats()).active).toBe(0);
      await queue.resume();
      await eventually(() => started.length === 3);
    });
  });

  describe(`JobQueue on ${where}: hooks and events`, () => {
    it('002 hooks: onRetry before each retry, onFailed at the final failure only, onComplete with the result', async () => {
      const calls: unknown[] = [];
      const queue = bench.open({
        ...fast,
        hooks: {
          onComplete: ({ data, state, attempt }, result) =>
            calls.push(['complete', data, state, attempt, result]),
          onFailed: ({ data, state, attempt }, error) =>
            calls.push(['failed', data, state, attempt, error.message]),
          onRetry: ({ data, state }, attempt, delay) => calls.push(['retry', data, state, attempt, delay]),
        },
      });
      queue.process('work', ({ data, attempt }) => {
        if (data === 'bad' || attempt === 1) throw new Error(`no ${attempt}`);
        return 'good';
      });
      await queue.add('work', 'bad');
      await eventually(() => calls.length === 3);
      await queue.add('work', 'ok');
      await eventually(() => calls.length === 5);
      expect(calls).toEqual([
        ['retry', 'bad', 'delayed', 1, 30],
        ['retry', 'bad', 'delayed', 2, 60],
        ['failed', 'bad', 'failed', 3, 'no 3'],
        ['retry', 'ok', 'delayed', 1, 30],
        ['complete', 'ok', 'completed', 2, 'good'],
      ]);
    });

    it('002 hooks: run once, in the process that ended the attempt, after the state is stored', async () => {
      const calls: string[] = [];
      const reader = bench.open();
      const open = (name: string) =>
        bench.open({
          hooks: {
            onComplete: async ({ id }) => {
              calls.push(`${name} ${(await reader.get(id))?.state}`);
            },
          },
        });
      open('idle');
      const worker = open('worker');
      worker.process('work', () => 1);
      await reader.add('work', 1);
      await eventually(() => calls.length > 0);
      await bench.close();
      expect(calls).toEqual(['worker completed']);
    });

    it('002 hooks: one that throws or rejects becomes an error event and changes nothing about the job', async () => {
      const errors: string[] = [];
      const queue = bench.open({
        hooks: { onComplete: () => Promise.reject(new Error('hook is broken')) },
      });
      queue.on('completed', () => {
        throw new Error('listener is broken');
      });
      queue.on('error', ({ message }) => errors.push(message));
      queue.on('error', () => {
        throw new Error('even this one');
      });
      queue.process('work', () => 'fine');
      const { id } = await queue.add('work', 1);
      await eventually(() => errors.length === 2);
      expect(errors.join('\n')).toMatch(/listener is broken[\s\S]*hook is broken/);
      expect(await queue.get(id)).toMatchObject({ state: 'completed', result: 'fine', attemptsMade: 1 });
    });

    it('003 error event: nobody needs to listen for it', async () => {
      const hooks = { onComplete: () => Promise.reject(new Error('nobody hears this')) };
      const queue = bench.open({ hooks });
      queue.process('work', () => 'fine');
      const jobs = [await queue.add('work', 1), await queue.add('work', 2)];
      for (const { id } of jobs) await eventually(isState(queue, id, 'completed'));
    });

    it('002 events: added, active, completed, failed, retrying, paused, resumed', async () => {
      const queue = bench.open({ retry: { attempts: 2, delay: 20 } });
      const events: unknown[] = [];
      queue
        .on('added', ({ data, state }) => events.push(['added', data, state]))
        .on('active', ({ data, attempt }) => events.push(['active', data, attempt]))
        .on('completed', ({ data }, result) => events.push(['completed', data, result]))
        .on('failed', ({ data }, error) => events.push(['failed', data, error]))
        .on('retrying', ({ data }, attempt, delay) => events.push(['retrying', data, attempt, delay]))
        .on('paused', () => events.push(['paused']))
        .on('resumed', () => events.push(['resumed']));
      const thrown = new RangeError('bad');
      queue.process('work', ({ data }) => {
        if (data === 'bad') throw thrown;
        return 'done';
      });
      await queue.pause();
      await queue.add('work', 'bad');
      await queue.resume();
      await eventually(() => events.length === 7);
      await queue.add('work', 'good');
      await eventually(() => events.length === 10);
      // A worker may begin a job before its `add` has returned, and its next attempt before the failed one's end has.
      const told = events.map((event) => JSON.stringify(event));
      const added = JSON.stringify(['added', 'good', 'waiting']);
      const retrying = JSON.stringify(['retrying', 'bad', 1, 20]);
      for (const free of [added, retrying]) expect(told.filter((event) => event === free)).toHaveLength(1);
      expect(told.indexOf(retrying)).toBeGreaterThan(told.indexOf(JSON.stringify(['active', 'bad', 1])));
      expect(told.filter((event) => event !== added && event !== retrying)).toEqual(
        [
          ['paused'],
          ['added', 'bad', 'waiting'],
          ['resumed'],
          ['active', 'bad', 1],
          ['active', 'bad', 2],
          ['failed', 'bad', thrown],
          ['active', 'good', 1],
          ['completed', 'good', 'done'],
        ].map((event) => JSON.stringify(event)),
      );
    });

    it('listeners come and go; events tell of this instance only', async () => {
      const [queue, other] = [bench.open(), bench.open()];
      const heard: string[] = [];
      const listener = () => heard.push('on');
      queue.on('added', listener).once('added', () => heard.push('once'));
      other.on('added', () => heard.push('other'));
      await queue.add('work', 1);
      await queue.add('work', 2);
      queue.off('added', listener);
      await queue.add('work', 3);
      expect(heard).toEqual(['on', 'once', 'on']);
    });
  });

  describe(`JobQueue on ${where}: managing`, () => {
    it('002 stats: counts every state', async () => {
      const queue = bench.open({ concurrency: 1, retry: { attempts: 1 } });
      const run = gate();
      queue.process('work', async ({ data }) => {
        if (data === 'bad') throw new Error('bad');
        if (data === 'slow') await run.opened;
      });
      await queue.addBulk(
        ['good', 'good', 'bad', 'slow', 'more', 'more'].map((data) => ({ name: 'work', data })),
      );
      await queue.add('work', 'later', { delay: '1h' });
      await eventually(async () => {
        const expected = { waiting: 2, active: 1, completed: 2, failed: 1, delayed: 1 };
        expect(await queue.stats()).toEqual(expected);
      });
      run.open();
    });

    it('003 all jobs: listed by state, or all of them, in pages', async () => {
      const queue = bench.open({ concurrency: 1, retry: { attempts: 1 } });
      const data = (jobs: readonly { readonly data: unknown }[]) => jobs.map((job) => job.data);
      await queue.addBulk(['a', 'bad', 'c'].map((each) => ({ name: 'work', data: each })));
      await queue.add('other', 'waits', { priority: 6 });
      await queue.add('other', 'first', { priority: 5 });
      await queue.add('other', 'later', { delay: '1h' });
      queue.process('work', ({ data: each }) => {
        if (each === 'bad') throw new Error('bad');
      });
      await eventually(async () => data(await queue.list('completed')).join() === 'c,a');
      await queue.pause();
      expect(data(await queue.list('failed'))).toEqual(['bad']);
      const all = data(await queue.list());
      expect(all.toSorted()).toEqual(['a', 'bad', 'c', 'first', 'later', 'waits']);
      expect(data(await queue.list(undefined, { offset: 1, limit: 2 }))).toEqual(all.slice(1, 3));
      expect(data(await queue.list('completed', { offset: 1 }))).toEqual(['a']);
      await expect(queue.list('failed', { limit: 0 })).rejects.toThrow('limit is 0');
    });

    it('002 get: an unknown id is undefined', async () => {
      expect(await bench.open().get('nobody')).toBeUndefined();
    });

    it('removing: a job that waits is gone, an unknown one was not there, an active one is refused', async () => {
      const queue = bench.open();
      const { id } = await queue.add('work', 1, { delay: '1h' });
      expect(await queue.remove(id)).toBe(true);
      expect(await queue.get(id)).toBeUndefined();
      expect(await queue.remove(id)).toBe(false);
      const run = gate();
      queue.process('work', () => run.opened);
      const active = await queue.add('work', 2);
      await eventually(isState(queue, active.id, 'active'));
      await expect(queue.remove(active.id)).rejects.toThrow(JobStateError);
      run.open();
    });

    it('003 removeByName: takes all jobs of a name and returns how many; active ones and other names stay', async () => {
      const queue = bench.open({ concurrency: 1, retry: { attempts: 1 } });
      const run = gate();
      await queue.add('work', 'done', { priority: 1 });
      await queue.add('work', 'slow', { priority: 2 });
      await queue.addBulk(Array.from({ length: 12 }, (_, data) => ({ name: 'work', data })));
      await queue.add('work', 'later', { delay: '1h' });
      await queue.add('other', 'stays');
      queue.process('work', ({ data }) => (data === 'slow' ? run.opened : undefined));
      await eventually(async () => (await queue.list('active'))[0]?.data === 'slow');
      expect(await queue.removeByName('work')).toBe(14);
      const left = (await queue.list()).map(({ data }) => data);
      expect(left).toEqual(['slow', 'stays']);
      run.open();
    });

    it('keeps as many ended jobs as it is told', async () => {
      const queue = bench.open({ concurrency: 1, keep: { completed: 2, failed: 0 }, retry: { attempts: 1 } });
      const ended: unknown[] = [];
      queue.on('completed', ({ data }) => ended.push(data)).on('failed', ({ data }) => ended.push(data));
      queue.process('work', ({ data }) => {
        if (data === 'bad') throw new Error('bad');
      });
      await queue.addBulk([1, 2, 'bad', 3].map((data) => ({ name: 'work', data })));
      await eventually(() => ended.length === 4);
      expect((await queue.list()).map(({ data }) => data)).toEqual([3, 2]);
    });

    it('003 persistence: jobs outlive the process that added them', async () => {
      const before = bench.open();
      const { id } = await before.add('work', { kept: true });
      await before.add('work', 'later', { delay: '1h', id: 'later' });
      await before.close();
      const after = bench.open();
      expect(await after.get('later')).toMatchObject({ state: 'delayed', data: 'later' });
      after.process('work', ({ data }) => data);
      await eventually(isState(after, id, 'completed'));
      expect((await after.get(id))?.result).toEqual({ kept: true });
    });

    it('003 dispose: close waits for what runs and its hooks, then refuses', async () => {
      const done: string[] = [];
      const run = gate();
      const queue = bench.open({
        hooks: {
          onComplete: async () => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            done.push('hook');
          },
        },
      });
      queue.process('work', async () => {
        await run.opened;
        await queue.add('other', 'chained');
        done.push('job');
      });
      await queue.add('work', 1);
      await eventually(async () => (await queue.stats()).active === 1);
      const closed = queue.close();
      run.open();
      expect(await closed).toEqual([]);
      expect(done).toEqual(['job', 'hook']);
      await expect(queue.add('work', 2)).rejects.toThrow('is closed');
      expect(() => queue.process('other', () => 1)).toThrow('is closed');
      const { completed, waiting, delayed } = await bench.open().stats();
      expect([completed, waiting + delayed]).toEqual([1, 1]);
    });

    it('003 dispose: at the deadline what runs is aborted and put back, without costing an attempt', async () => {
      const queue = bench.open();
      queue.process(
        'work',
        (_, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stop'))),
          ),
      );
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'active'));
      await queue.close({ deadline: 2_600 });
      const next = bench.open();
      expect(await next.get(id)).toMatchObject({ state: 'waiting', attemptsMade: 0 });
      next.process('work', ({ attempt }) => attempt);
      await eventually(isState(next, id, 'completed'));
      expect((await next.get(id))?.result).toBe(1);
    });
  });

  describe(`JobQueue on ${where}: names and chains`, () => {
    it('a job whose name has no handler here is left for a process that has one, at no cost', async () => {
      const [knows, other] = [bench.open(), bench.open()];
      other.process('other', () => 1);
      const { id } = await other.add('work', 1);
      await eventually(isState(other, id, 'delayed'));
      // Which of two workers takes it next is chance.
      await other.close();
      knows.process('work', ({ attempt }) => attempt);
      await eventually(isState(knows, id, 'completed'));
      expect(await knows.get(id)).toMatchObject({ result: 1, attemptsMade: 1 });
    });

    it('after long enough it fails, with an error that names the known ones', async () => {
      const queue = bench.open({ waitForHandler: 50 });
      queue.process('other', () => 1);
      const { id } = await queue.add('work', 1);
      await eventually(isState(queue, id, 'failed'));
      expect((await queue.get(id))?.error?.message).toBe(
        "no process has a handler for jobs named 'work': this one knows 'other'",
      );
    });

    it('003 chaining: processUpload schedules notifyCompletion; its own retry adds nothing twice', async () => {
      const queue = bench.open(fast);
      const notified: unknown[] = [];
      queue.process('work', async ({ data, attempt }, ctx) => {
        const { fileId } = data as { fileId: string };
        const next = await ctx.enqueue('other', { fileId, result: 'processed' }, { delay: 10 });
        await queue.add('other', { fileId, result: 'again' });
        await queue.addBulk([{ name: 'other', data: 'bulk' }]);
        if (attempt < 3) throw new Error('after it was added');
        return next.id;
      });
      queue.process('other', ({ data }) => void notified.push(data));
      const { id } = await queue.add('work', { fileId: 'f1' });
      await eventually(isState(queue, id, 'completed'));
      await eventually(() => notified.length === 3);
      const { completed, waiting, delayed } = await queue.stats();
      expect({ completed, waiting, delayed }).toEqual({ completed: 4, waiting: 0, delayed: 0 });
      expect((await queue.get(id))?.result).toBe(`${bench.name}~${id}~${bench.name}~other~0`);
      expect(notified).toContainEqual({ fileId: 'f1', result: 'processed' });
    });

    it('003 chaining: into another queue, and on for as long as one likes', async () => {
      const [queue, elsewhere] = [bench.open(fast), openBench(begun.place)];
      try {
        const target = elsewhere.open();
        const ids: string[] = [];
        queue.process('work', async ({ data, attempt, id }, ctx) => {
          ids.push(id);
          const left = data as number;
          if (left > 0) await ctx.enqueue('work', left - 1);
          else await target.add('work', 'from afar');
          if (attempt === 1) throw new Error('after it was added');
        });
        await queue.add('work', 20);
        await eventually(async () => (await queue.stats()).completed === 21);
        expect(await target.stats()).toMatchObject({ waiting: 1 });
        expect(new Set(ids).size).toBe(21);
        expect(Math.max(...ids.map(({ length }) => length))).toBeLessThan(256);
      } finally {
        await elsewhere.close();
      }
    });

    it('chains: names may have colons, which ids may not', async () => {
      const queue = bench.open();
      const loose = queue as unknown as JobQueue;
      loose.process('a:b', async (_, ctx) => (await ctx.enqueue('c:d', 1)).id);
      const { id } = await loose.add('a:b', 1);
      await eventually(isState(queue, id, 'completed'));
      expect((await loose.get(id))?.result).toBe(`${bench.name}~${id}~${bench.name}~c%3Ad~0`);
    });

    it('chains: an id of your own is kept, and what is added outside a handler is nobody’s child', async () => {
      const queue = bench.open();
      const ended = gate();
      queue.process('work', async () => {
        await queue.add('other', 1, { id: 'mine' });
        void ended.opened.then(() => queue.add('other', 2));
      });
      queue.on('completed', ended.open);
      await queue.add('work', 1);
      const others = await eventually(async () => {
        const jobs = await queue
          .list('delayed')
          .then(async (put) => [...put, ...(await queue.list('waiting'))]);
        return jobs.length === 2 && jobs;
      });
      const ids = others.map(({ id }) => id);
      expect(ids).toContain('mine');
      expect(ids.filter((id) => id !== 'mine')[0]).not.toContain('~');
    });
  });
}

function never(): never {
  throw new Error('the job is not there');
}
