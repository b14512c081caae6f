import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy, type RunContext } from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { Queue } from 'bullmq';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { handler, incoming, job, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;

describe('ctx.once', () => {
  it('runs its effect once over all attempts, and gives later attempts its result', async () => {
    let effects = 0;
    const results: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('one', async (_, ctx) => {
          results.push(await ctx.once('charge', () => ({ charge: (effects += 1) })));
          if (ctx.attempt < 3) throw new Error('after the effect');
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(effects).toBe(1);
    expect(results).toEqual([{ charge: 1 }, { charge: 1 }, { charge: 1 }]);
  });

  it('keeps nothing of an effect that failed', async () => {
    let tries = 0;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('one', (_, ctx) =>
          ctx.once('flaky', () => {
            tries += 1;
            if (tries === 1) throw new Error('no');
          }),
        ),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(tries).toBe(2);
  });
});

describe('the result of ctx.once', () => {
  const lockOf = (id: string) => createKeys(bench.prefix).bullLock('default', id);
  const keptOf = async (id: string, name: string) =>
    bench.redis.hget(createKeys(bench.prefix).effects(`${id}~${name}`), 'once/charge');

  it('is kept when the lock merely ran out meanwhile: whoever takes the job over does not run it again', async () => {
    const charges: number[] = [];
    const results: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    const one = handler('one', async (_, ctx) => {
      const charge = ctx.once('charge', async () => {
        await bench.redis.del(lockOf(event.id));
        return charges.push(1);
      });
      results.push(await charge.catch((error: unknown) => String(error)));
    });
    await bench.work({ handlers: [one] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled', 30_000);
    expect([charges, results]).toEqual([[1], [1]]);
  });

  it('is kept when another worker holds the job by then, which must not run it again; this one is told to stop', async () => {
    const results: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    const one = handler('one', async (_, ctx) => {
      const charge = ctx.once('charge', async () => {
        await bench.redis.set(lockOf(event.id), 'somebody else');
        return 'too late';
      });
      results.push(await charge.catch((error: unknown) => (error as Error).message), ctx.signal.aborted);
    });
    await bench.work({ handlers: [one] });
    await store.accept(event);
    await eventually(() => results.length === 2);
    expect(results).toEqual(['another worker has taken this job over; what this one does is not kept', true]);
    expect(await keptOf(event.id, 'one')).toBe('"too late"');
  });

  it('that was kept first stays', async () => {
    const results: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    const one = handler('one', async (_, ctx) => {
      const charge = ctx.once('charge', async () => {
        // As by a second worker that took over and was through before this one woke up, its lock gone again.
        await bench.redis.hset(createKeys(bench.prefix).effects(`${event.id}~one`), 'once/charge', '"first"');
        return 'second';
      });
      results.push(await charge);
      if (ctx.attempt === 1) throw new Error('once more');
    });
    await bench.work({ handlers: [one] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(await keptOf(event.id, 'one')).toBe('"first"');
    expect(results.at(-1)).toBe('first');
  });
});

describe('a process that stood still', () => {
  it('asks again whether it may begin ctx.once, when the answer has lain there for long', async () => {
    const redis = await startOwnRedis({ appendfsync: 'no' });
    const own = openBench(redis.url);
    try {
      const ranIn: number[] = [];
      const refused: string[] = [];
      let runs = 0;
      const store = await own.store();
      const event = incoming();
      await own.work({
        handlers: [
          handler('one', async (_, ctx) => {
            runs += 1;
            const run = runs;
            if (run === 1) {
              // Or Redis would ask for the script's text, when it is too late.
              await ctx.once('first', () => undefined);
              await own.redis.client('PAUSE', 400, 'ALL');
              // Redis answers while nobody reads, and another worker takes the job over before anybody does.
              setTimeout(() => {
                void own.redis.hset(`${own.prefix}/event/${event.id}`, 'runs/one', 'theirs@others');
                void own.redis.ping(() => undefined);
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
              }, 100);
            }
            await ctx
              .once('charge', () => ranIn.push(run))
              .catch((error: unknown) => refused.push((error as Error).message));
          }),
        ],
      });
      await store.accept(event);
      await eventually(() => refused.length > 0);
      expect([ranIn, refused]).toEqual([
        [],
        ['another worker has taken this job over; what this one does is not kept'],
      ]);
    } finally {
      await own.close();
      await redis.stop();
    }
  });
});

describe('several calls of ctx.once at the same time', () => {
  it('share one run when their key is the same', async () => {
    const ran: string[] = [];
    const results: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('one', async (_, ctx) => {
          const effect = (key: string) =>
            ctx.once(key, async () => {
              await new Promise((resolve) => setImmediate(resolve));
              return ran.push(key);
            });
          results.push(...(await Promise.all([effect('a'), effect('a'), effect('b')])));
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(ran.toSorted()).toEqual(['a', 'b']);
    expect(results[0]).toBe(results[1]);
  });
});

describe('a worker that slept past its lock', () => {
  it.each([
    ['ctx.once', (ctx: RunContext, run: () => void) => ctx.once('charge', run)],
    ['ctx.enqueue', (ctx: RunContext) => ctx.enqueue('next', {})],
  ])('does nothing more by %s, and is told so by its signal', async (_name, act) => {
    const seen: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('one', async (_, ctx) => {
          await bench.redis.set(createKeys(bench.prefix).bullLock('default', event.id), 'somebody else');
          const error = await act(ctx, () => void seen.push('the effect ran')).then(
            () => 'it resolved',
            (reason: unknown) => (reason as Error).message,
          );
          seen.push(error, ctx.signal.aborted);
        }),
      ],
      jobs: [job('next', () => void seen.push('the job ran'))],
    });
    await store.accept(event);
    await eventually(() => seen.length >= 2);
    expect(seen).toEqual(['another worker has taken this job over; what this one does is not kept', true]);
    expect(await bench.redis.zcard(createKeys(bench.prefix).jobsOfName('next'))).toBe(0);
  });
});

describe('ctx.enqueue', () => {
  it('chains jobs, with data passed through, and a retry adds none twice, even when the first is done and removed', async () => {
    const ran: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await bench.work({
      handlers: [
        handler('one', async (_, ctx) => {
          await ctx.enqueue('first', [1, { two: 'é' }]);
          await ctx.enqueue('first', 'second call');
          if (ctx.attempt === 1) {
            await eventually(() => ran.length >= 3);
            await eventually(async () => (await queue.getCompletedCount()) === 3);
            await queue.clean(0, 100, 'completed');
          }
          if (ctx.attempt < 3) throw new Error('after enqueueing');
        }),
      ],
      jobs: [
        job('first', async (data, ctx) => {
          ran.push(data);
          if (Array.isArray(data)) await ctx.enqueue('last', { from: data });
        }),
        job('last', (data) => void ran.push(data)),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(ran).toHaveLength(3);
    expect(ran).toEqual(
      expect.arrayContaining([[1, { two: 'é' }], 'second call', { from: [1, { two: 'é' }] }]),
    );
  });

  it('refuses a job that is not defined, naming those that are', async () => {
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [handler('one', (_, ctx) => ctx.enqueue('nope', {}))],
      jobs: [job('known', () => undefined)],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    const [letter] = await openDeadLetters(bench.partitions).list(0, 1);
    expect(letter?.error.message).toBe("ctx.enqueue: no job is named 'nope' (known jobs: known)");
  });
});

describe('a job', () => {
  it('that gives up becomes a dead letter with its data, and can be replayed with its history kept', async () => {
    let broken = true;
    const store = await bench.store();
    await bench.work({
      handlers: [handler('one', (_, ctx) => ctx.enqueue('fragile', { n: 1 }))],
      jobs: [
        job(
          'fragile',
          (data) => {
            if (broken) throw new Error('broken');
            return data;
          },
          { retry: retryPolicy({ attempts: 2, backoff: { delay: 10 } }) },
        ),
      ],
    });
    await store.accept(incoming());
    const letters = openDeadLetters(bench.partitions);
    const letter = await eventually(async () => (await letters.list(0, 1))[0] ?? false);
    expect(letter).toMatchObject({
      job: 'fragile',
      data: { n: 1 },
      attempts: [{ attempt: 1 }, { attempt: 2 }],
    });

    expect((await letters.replay(letter.id)).kind).toBe('replayed');
    const longer = await eventually(async () => (await letters.list(0, 1))[0] ?? false);
    expect(longer.id).toBe(letter.id);
    expect(longer.attempts).toHaveLength(4);

    broken = false;
    expect((await letters.replay(letter.id)).kind).toBe('replayed');
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await eventually(async () => (await queue.getCompleted()).some(({ name }) => name === 'fragile'));
    expect(await letters.count()).toBe(0);
  });
});

describe('an attempt', () => {
  it('that takes longer than its timeout is aborted and fails', async () => {
    const aborted: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler(
          'slow',
          (_, ctx) =>
            new Promise((_, reject) =>
              ctx.signal.addEventListener('abort', () => {
                aborted.push((ctx.signal.reason as Error).message);
                reject(ctx.signal.reason);
              }),
            ),
          { timeout: 60, retry: retryPolicy({ attempts: 2, backoff: { delay: 10 } }) },
        ),
        handler('deaf', () => new Promise(() => undefined), {
          timeout: 60,
          retry: retryPolicy({ attempts: 1 }),
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    expect(aborted).toEqual(Array(2).fill('the attempt took longer than its timeout of 60 ms'));
    const letters = await openDeadLetters(bench.partitions).list(0, 9);
    expect(letters.map(({ handler }) => handler).toSorted()).toEqual(['deaf', 'slow']);
  });

  it('whose payload does not match the schema fails at once, naming the field', async () => {
    const store = await bench.store();
    const event = incoming();
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'has to be a number', path: ['data', { key: 'amount' }] }] }),
      },
    } as const;
    await bench.work({ handlers: [handler('strict', () => undefined, { schema })] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    const [letter] = await openDeadLetters(bench.partitions).list(0, 1);
    expect(letter?.error.message).toContain('data.amount: has to be a number');
    expect(letter?.attempts).toHaveLength(1);
  });

  it('cut short by a stop is put back without costing an attempt', async () => {
    const attempts: number[] = [];
    const store = await bench.store();
    const event = incoming();
    const run = handler('long', (_, ctx) => {
      attempts.push(ctx.attempt);
      if (attempts.length > 1) return;
      return new Promise((_, reject) =>
        ctx.signal.addEventListener('abort', () => reject(new Error('stopping'))),
      );
    });
    const first = await bench.work({ handlers: [run] });
    await store.accept(event);
    await eventually(() => attempts.length === 1);
    expect(await first.stop(3_000)).toEqual([]);
    await bench.work({ handlers: [run] });
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(attempts).toEqual([1, 1]);
  });
});
