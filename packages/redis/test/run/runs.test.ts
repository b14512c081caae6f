import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { retryPolicy, type RunContext } from '@hookline/core';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { readFrames } from '../../src/jobs/stream.ts';
import { handler, incoming, job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;

/** Keeps the event loop from turning, as code that computes for long does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('an attempt that outlived its timeout', () => {
  it.each([
    ['runs no effect by ctx.once beside its successor', (ctx: RunContext) => ctx.once('charge', () => 1)],
    ['queues no job', (ctx: RunContext) => ctx.enqueue('next', {})],
    ['reports no progress', (ctx: RunContext) => ctx.progress(50)],
  ])('%s, though BullMQ gave both the same token', async (_name, act) => {
    const late: unknown[] = [];
    const jobs: unknown[] = [];
    let isSecondAt: () => void = () => undefined;
    const second = new Promise<void>((resolve) => (isSecondAt = resolve));
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      concurrency: 1,
      handlers: [
        handler(
          'one',
          async (_, ctx) => {
            if (ctx.attempt === 1) {
              await second;
              await act(ctx).then(
                () => late.push('it did'),
                (error: unknown) => late.push((error as Error).message),
              );
            } else {
              isSecondAt();
              await eventually(() => late.length > 0);
            }
          },
          { timeout: 200, retry: retryPolicy({ attempts: 2, backoff: { delay: 1 } }) },
        ),
      ],
      jobs: [job('next', () => void jobs.push(1))],
    });
    await store.accept(event);
    await eventually(() => late.length > 0, 20_000);
    expect(late).toEqual(['this attempt is over; what it still does is not kept']);
    expect(jobs).toEqual([]);
  });
});

describe('one worker whose job computes for longer than its lock lasts', () => {
  it('runs it once, not eleven times until it is given up', async () => {
    let runs = 0;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('heavy', async (_, ctx) => {
          runs += 1;
          block(9_000);
          await wait(3_000);
          await ctx.once('charge', () => 1);
        }),
      ],
    });
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled', 40_000);
    expect(runs).toBe(1);
    await wait(3_000);
    expect(runs).toBe(1);
    expect(await openDeadLetters(bench.partitions).count()).toBe(0);
  }, 60_000);
});

describe('a job that was cancelled and retried while it ran', () => {
  it('is not ended by the run that was cancelled, and an external one is sent out anew', async () => {
    const sent: number[] = [];
    let goOn: () => void = () => undefined;
    // One at a time: the cancelled run is settled before the new one can begin.
    await bench.work({
      concurrency: 1,
      jobs: [
        job(
          'partner',
          async (_, ctx) => {
            sent.push(ctx.attempt);
            if (sent.length > 1) return;
            // It takes no notice of its signal.
            await new Promise<void>((resolve) => (goOn = resolve));
          },
          { completion: 'external' },
        ),
      ],
    });
    const store = bench.jobs();
    const wanted = newJob('partner', null);
    await store.create([wanted]);
    await eventually(() => sent.length === 1);
    expect((await store.cancel(wanted.id)).kind).toBe('cancelled');
    expect((await store.retry(wanted.id)).kind).toBe('queued');
    goOn();
    await eventually(() => sent.length === 2);
    await wait(500);
    expect((await store.get(wanted.id))?.status).toBe('processing');
    const frames = await readFrames(bench.partition, wanted.id);
    expect(frames.map(({ type }) => type)).toEqual(['started']);
    expect((await store.finish(wanted.id, 'done')).kind).toBe('finished');
  });

  it('does not fail before it has started', async () => {
    const runs: number[] = [];
    let fail: (error: Error) => void = () => undefined;
    await bench.work({
      jobs: [
        job('slow', async () => {
          runs.push(runs.length);
          if (runs.length === 1) await new Promise((_, reject) => (fail = reject));
          return 'the second';
        }),
      ],
    });
    const store = bench.jobs();
    const wanted = newJob('slow', null);
    await store.create([wanted]);
    await eventually(() => runs.length === 1);
    await store.cancel(wanted.id);
    await store.retry(wanted.id);
    fail(new Error('of the first run'));
    const ended = await eventually(async () => {
      const found = await store.get(wanted.id);
      return found?.status === 'succeeded' && found;
    });
    expect(ended.result).toBe('the second');
    const frames = await readFrames(bench.partition, wanted.id);
    expect(frames.map(({ type }) => type)).toEqual(['started', 'completed']);
  });
});
