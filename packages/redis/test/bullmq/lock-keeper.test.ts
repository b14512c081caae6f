import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { once } from 'node:events';
import { NO_LOG } from '@hookline/core';
import { Queue } from 'bullmq';
import { HeldLocks } from '../../src/bullmq/held-locks.ts';
import { LockThread, type LockKeeper } from '../../src/bullmq/lock-keeper.ts';
import { watchQueueErrors } from '../../src/bullmq/queue-errors.ts';
import { openQueueWorker } from '../../src/bullmq/worker.ts';
import { openBench, type Bench } from '../support.ts';

describe('the locks that two threads see', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
    .filter((text) => !text.includes('\n'));

  it('are those that are held, as they were written', () => {
    const step = fc.record({ token: fc.integer({ min: 0, max: 9 }), jobId: name, isHeld: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mine = new HeldLocks(10);
        const theirs = new HeldLocks(mine.memory);
        const expected = new Map<string, string>();
        for (const { token, jobId, isHeld } of steps) {
          if (isHeld) {
            expect(mine.hold({ queue: 'q', jobId, token: `t:${token}` })).toBe(true);
            expected.set(`t:${token}`, jobId);
          } else {
            mine.letGo(`t:${token}`);
            expected.delete(`t:${token}`);
          }
          expect(new Map(theirs.read().map((held) => [held.token, held.jobId]))).toEqual(expected);
        }
      }),
    );
  });

  it('say so where there is no room for one', () => {
    const held = new HeldLocks(1);
    expect(held.hold({ queue: 'q', jobId: 'x'.repeat(2_000), token: 't' })).toBe(false);
    expect(held.hold({ queue: 'q', jobId: 'a\nb', token: 't' })).toBe(false);
    expect(held.read()).toEqual([]);
    expect(held.hold({ queue: 'q', jobId: 'a', token: 't' })).toBe(true);
    expect(held.hold({ queue: 'q', jobId: 'b', token: 'u' })).toBe(false);
    held.letGo('t');
    expect(held.hold({ queue: 'q', jobId: 'b', token: 'u' })).toBe(true);
  });
});

describe('the thread that renews locks', () => {
  const LOCK_MS = 1_500;
  let bench: Bench;
  let thread: LockThread;
  let keeper: LockKeeper;
  beforeEach(async () => {
    bench = openBench();
    thread = new LockThread({ process: 'here', lock: LOCK_MS });
    keeper = thread.keeperOf(
      { target: { kind: 'url', url: testRedisUrl() }, prefix: bench.prefix },
      bench.redis,
    );
    await eventually(() => keeper.isKeeping());
  });
  afterEach(async () => {
    await thread.stop();
    await bench.close();
  });
  const lockOf = (jobId: string) => bench.partition.keys.bullLock('q', jobId);
  const lock = (jobId: string, token: string) => bench.redis.set(lockOf(jobId), token, 'PX', LOCK_MS);

  it('keeps them while this one stands still, and for no longer than it may', async () => {
    const lost: string[] = [];
    const kept = keeper.keep('q', 4, (jobId) => void lost.push(jobId));
    await lock('job', 't');
    kept.hold('t', 'job');
    standStill(3_000);
    expect(await bench.redis.get(lockOf('job'))).toBe('t');
    standStill(4_000 + LOCK_MS + 1_000);
    expect(await bench.redis.get(lockOf('job'))).toBeNull();
    await eventually(() => lost.includes('job'));
  });

  it('tells of those that somebody else has, and lets go of those that have ended', async () => {
    const lost: string[] = [];
    const kept = keeper.keep('q', 4, (jobId) => void lost.push(jobId));
    await lock('theirs', 'other');
    await lock('over', 'u');
    kept.hold('t', 'theirs');
    kept.hold('u', 'over');
    kept.letGo('u');
    await eventually(() => lost.includes('theirs'));
    await eventually(async () => (await bench.redis.exists(lockOf('over'))) === 0);
    expect(lost).not.toContain('over');
  });

  it.each([
    ['of ours', { limiter: undefined }],
    ['with a rate over all workers', { limiter: { max: 10, duration: 1_000 } }],
  ])('leaves what it has no room for to a worker %s', async (_, { limiter }) => {
    // As long as a job's id may be, and three bytes for each character.
    const jobId = '語'.repeat(2_000);
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let isRunning = false;
    const worker = openQueueWorker({
      name: 'q',
      connection: bench.redis,
      prefix: bench.prefix,
      log: NO_LOG,
      errors: watchQueueErrors({ log: NO_LOG, clock: () => performance.now(), isReady: () => true }),
      concurrency: 1,
      limiter,
      processor: {
        run: async () => {
          isRunning = true;
          await held;
          return { kind: 'completed', result: null };
        },
        putOff: () => ({ kind: 'put-off', error: '', delay: 0, until: 0 }),
      },
      take: async () => ({ kind: 'other', until: 0, jobs: [] }),
      keeper,
      onLockLost: () => undefined,
    });
    const queue = new Queue('q', { connection: bench.redis, prefix: bench.prefix });
    await queue.add('slow', {}, { jobId });
    await eventually(() => isRunning);
    for (const until = Date.now() + 4_500; Date.now() < until; await wait(100))
      expect(await bench.redis.exists(lockOf(jobId))).toBe(1);
    letGo();
    await worker.close();
    expect((await queue.getJob(jobId))?.stalledCounter).toBe(0);
  });

  it('says that the process lives, and no more once it stands still for long or has withdrawn', async () => {
    const { processes } = bench.partition.keys;
    await bench.redis.zadd(processes, 1, 'here');
    const spokeAt = async () => Number(await bench.redis.zscore(processes, 'here'));
    await eventually(async () => (await spokeAt()) > 1);
    standStill(6_500);
    expect(Date.now() - (await spokeAt())).toBeGreaterThan(1_500);
    await bench.redis.zrem(processes, 'here');
    await wait(1_500);
    expect(await bench.redis.zscore(processes, 'here')).toBeNull();
  });

  it('settles only after Redis has answered for a while, this thread as well as the other', async () => {
    expect(keeper.isSettled()).toBe(false);
    await eventually(() => keeper.isSettled());
    bench.redis.disconnect(true);
    await once(bench.redis, 'ready');
    expect(keeper.isSettled()).toBe(false);
    await eventually(() => keeper.isSettled());
    await thread.stop();
    // Without it, whoever works renews its locks itself.
    await eventually(() => !keeper.isKeeping());
    expect(keeper.isSettled()).toBe(true);
  });
});

/** As code that computes does it, but without taking the others' time. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
