import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, RetryAfterError, retryPolicy, type RunContext } from '@hookline/core';
import { Queue } from 'bullmq';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { handler, incoming, openBench, payloadOf, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;

describe('an accepted event', () => {
  it('reaches its only handler in place, with the exact bytes', async () => {
    const seen: unknown[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [handler('one', (event) => void seen.push([event.id, payloadOf(event).amount, event.body]))],
    });
    expect(await store.accept(event)).toEqual({ kind: 'accepted', id: event.id });
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(seen).toEqual([[event.id, 100, event.body]]);
  });

  it('that is handled, and gets one more handler by an operator, is not forgotten while that one waits', async () => {
    const store = await bench.store();
    const event = incoming();
    const old = handler('old', () => undefined);
    const worker = await bench.work({ handlers: [old] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    const expiring = () => bench.redis.zscore(`${bench.prefix}/events/expiring`, event.id);
    expect(await expiring()).not.toBeNull();
    await worker.stop(5_000);
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await (await queue.getJob(event.id))?.retry('completed');
    await bench.work({ handlers: [old, handler('late', () => undefined, { delay: 60_000 })] });
    await eventually(async () => (await statusOf(event.id)) === 'dispatched');
    expect(await expiring()).toBeNull();
  });

  it('reaches every matching handler once, in jobs of their own', async () => {
    const runs: string[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('a', () => void runs.push('a')),
        handler('b', () => void runs.push('b'), { queue: 'email' }),
        handler('c', () => void runs.push('c'), { types: ['invoice.*'] }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(runs.toSorted()).toEqual(['a', 'b']);
  });

  it('that nobody handles is kept and marked', async () => {
    const store = await bench.store();
    const event = incoming({ type: 'radar.early_fraud_warning.created' });
    await bench.work({ handlers: [handler('a', () => undefined, { types: ['invoice.*'] })] });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'unhandled');
  });
});

describe('a failing handler', () => {
  it('is retried on its own with growing waits, and gives up into a dead letter with its whole history', async () => {
    const starts: Record<string, number[]> = { good: [], twice: [], always: [] };
    const retry = retryPolicy({ attempts: 4, backoff: { delay: 100, jitter: 0 } });
    const run = (name: string, failures: number) => (_: unknown, ctx: RunContext) => {
      starts[name]?.push(Date.now());
      if (ctx.attempt <= failures) throw new Error(`${name} failed at attempt ${ctx.attempt}`);
    };
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('good', run('good', 0), { retry }),
        handler('twice', run('twice', 2), { retry }),
        handler('always', run('always', 99), { retry }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');

    expect([starts['good']?.length, starts['twice']?.length, starts['always']?.length]).toEqual([1, 3, 4]);
    const waits =
      starts['always']?.slice(1).map((start, index) => start - (starts['always']?.[index] ?? 0)) ?? [];
    expect(waits.map((wait, index) => wait >= 100 * 2 ** index)).toEqual([true, true, true]);

    const letters = await openDeadLetters(bench.partitions).list(0, 10);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      id: `${event.id}~always`,
      eventId: event.id,
      handler: 'always',
      reason: 'attempts-exhausted',
      error: { name: 'Error', message: 'always failed at attempt 4' },
    });
    expect(letters[0]?.error.stack).toContain('lifecycle.test');
    expect(letters[0]?.attempts.map(({ attempt, error }) => [attempt, error.message])).toEqual(
      [1, 2, 3, 4].map((attempt) => [attempt, `always failed at attempt ${attempt}`]),
    );
  });

  it('runs alone when its dead letter is replayed, and takes the letter away', async () => {
    const runs: string[] = [];
    let broken = true;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('good', () => void runs.push('good')),
        handler('bad', () => {
          runs.push('bad');
          if (broken) throw new NonRetryableError('no');
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    broken = false;
    const deadLetters = openDeadLetters(bench.partitions);
    const replays = await Promise.all([
      deadLetters.replay(`${event.id}~bad`),
      deadLetters.replay(`${event.id}~bad`),
    ]);
    expect(replays.map(({ kind }) => kind).toSorted()).toEqual(['gone', 'replayed']);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(runs.toSorted()).toEqual(['bad', 'bad', 'good']);
    expect(await deadLetters.count()).toBe(0);
  });

  it('that throws NonRetryableError is not tried again; RetryAfterError chooses the wait', async () => {
    const starts: number[] = [];
    let fatal = 0;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('fatal', () => {
          fatal += 1;
          throw new NonRetryableError('never');
        }),
        handler('patient', (_, ctx) => {
          starts.push(Date.now());
          if (ctx.attempt === 1) throw new RetryAfterError('busy', 700);
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    expect(fatal).toBe(1);
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(690);
  });
});
