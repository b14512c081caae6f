import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Consumer, type TakeJobs } from '../../src/bullmq/consumer.ts';
import type { Processor } from '../../src/bullmq/ending.ts';
import { LockThread, type LockKeeper } from '../../src/bullmq/lock-keeper.ts';
import { KEPT_WORKER_SETTINGS, LOCK_MS } from '../../src/bullmq/worker.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
let thread: LockThread;
let keeper: LockKeeper;
beforeEach(() => {
  bench = openBench();
  thread = new LockThread({ process: 'here', lock: LOCK_MS });
  keeper = thread.keeperOf(
    { target: { kind: 'url', url: testRedisUrl() }, prefix: bench.prefix },
    bench.redis,
  );
});
afterEach(async () => {
  await thread.stop();
  await bench.close();
});

const queueOf = () => new Queue('default', { connection: bench.redis, prefix: bench.prefix });

async function accept(count: number): Promise<readonly string[]> {
  const store = await bench.store();
  const events = Array.from({ length: count }, () => incoming());
  for (const event of events) await store.accept(event);
  return events.map(({ id }) => id);
}

/** A consumer that only notes which jobs it is given. */
function consume(
  concurrency: number,
  run: Processor['run'],
  onTake: (asked: number, got: number) => unknown,
  isCut: () => boolean = () => false,
) {
  const ledger = createLedger({
    partition: bench.partition,
    process: 'here',
    parsePayload: () => ({}),
    now: Date.now,
    retention: 1_000_000,
    jobRetention: 1_000_000,
  });
  const take: TakeJobs = async (queue, tokens) => {
    const took = await ledger.take(queue, tokens);
    if (isCut()) {
      // As ioredis does it with what was under way when its connection ended.
      const isBack = once(bench.redis, 'ready');
      bench.redis.disconnect(true);
      await isBack;
      return ledger.take(queue, tokens);
    }
    await onTake(tokens.length, took.jobs.length);
    return took;
  };
  const errors: Error[] = [];
  const consumer = new Consumer({
    name: 'default',
    settings: { connection: bench.redis, prefix: bench.prefix, concurrency, ...KEPT_WORKER_SETTINGS },
    processor: { run, putOff: () => ({ kind: 'put-off', error: '', delay: 0, until: 0 }) },
    take,
    keeper,
    onError: (error) => void errors.push(error),
    onStalled: () => undefined,
    onLockLost: () => undefined,
  });
  return { consumer, errors };
}

const DONE = { kind: 'completed', result: null } as const;

describe('a consumer', () => {
  it('takes jobs for all of its turns in a few calls, and never more than it has turns', async () => {
    const ids = await accept(40);
    const takes: [number, number][] = [];
    const ran: string[] = [];
    let running = 0;
    let most = 0;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const { consumer, errors } = consume(
      30,
      async ({ jobId }) => {
        running += 1;
        most = Math.max(most, running);
        ran.push(jobId);
        await held;
        running -= 1;
        return DONE;
      },
      (...counts) => takes.push(counts),
    );
    await eventually(() => running === 30);
    await wait(100);
    expect(takes.reduce((sum, [, got]) => sum + got, 0)).toBe(30);
    expect(takes.length).toBeLessThanOrEqual(5);
    letGo();
    await eventually(async () => (await queueOf().getCompletedCount()) === ids.length);
    expect([most, ran.toSorted()]).toEqual([30, ids.toSorted()]);
    await consumer.close();
    expect(errors).toEqual([]);
  });

  it('runs what it was taking as it was closed, and takes no more', async () => {
    await accept(6);
    const ran: string[] = [];
    let closed: Promise<void> | undefined;
    const { consumer } = consume(
      2,
      async ({ jobId }) => {
        ran.push(jobId);
        return DONE;
      },
      () => {
        closed ??= consumer.close();
      },
    );
    await eventually(() => closed !== undefined);
    await closed;
    expect(ran).toHaveLength(2);
    const queue = queueOf();
    expect([
      await queue.getCompletedCount(),
      await queue.getActiveCount(),
      await queue.getWaitingCount(),
    ]).toEqual([2, 0, 4]);
  });

  it('of a queue that has as many jobs at once as it may goes on as soon as one of them has ended', async () => {
    const ids = await accept(30);
    const queue = queueOf();
    await queue.setGlobalConcurrency(2);
    let [running, most] = [0, 0];
    const run = async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(5);
      running -= 1;
      return DONE;
    };
    const consumers = [1, 2].map(() => consume(5, run, () => undefined).consumer);
    await eventually(async () => (await queue.getCompletedCount()) === ids.length, 20_000);
    await Promise.all(consumers.map((consumer) => consumer.close()));
    expect(most).toBe(2);
  });

  it('puts back what it was not told of when its connection was cut, so that nothing waits for a lock', async () => {
    const ids = await accept(12);
    const ran: string[] = [];
    let cuts = 0;
    const { consumer, errors } = consume(
      8,
      async ({ jobId }) => {
        ran.push(jobId);
        return DONE;
      },
      () => undefined,
      () => (cuts += 1) === 1,
    );
    const queue = queueOf();
    await eventually(async () => (await queue.getCompletedCount()) === ids.length);
    await consumer.close();
    expect([cuts > 1, errors, ran.toSorted()]).toEqual([true, [], ids.toSorted()]);
    const jobs = await queue.getCompleted();
    expect(jobs.map(({ stalledCounter }) => stalledCounter)).toEqual(ids.map(() => 0));
  });

  it('keeps the lock of a job for as long as it runs', async () => {
    const [id = ''] = await accept(1);
    let letGo: () => void = () => undefined;
    const { consumer } = consume(
      1,
      async () => {
        await new Promise<void>((resolve) => (letGo = resolve));
        return DONE;
      },
      () => undefined,
    );
    const left = () => bench.redis.pttl(bench.partition.keys.bullLock('default', id));
    await eventually(async () => (await left()) > 0);
    for (const until = Date.now() + LOCK_MS + 1_000; Date.now() < until; await wait(100))
      expect(await left()).toBeGreaterThan(LOCK_MS / 4);
    letGo();
    await consumer.close();
    expect((await queueOf().getJob(id))?.stalledCounter).toBe(0);
  });

  it('takes the others where one of them cannot be read', async () => {
    const [damaged = '', ...sound] = await accept(9);
    const key = bench.partition.keys.bullJob('default', damaged);
    await bench.redis.del(key);
    await bench.redis.set(key, 'no hash');
    const ran: string[] = [];
    await bench.work({ handlers: [handler('one', ({ id }) => void ran.push(id))] });
    await eventually(() => ran.length === sound.length);
    expect(ran.toSorted()).toEqual(sound.toSorted());
    const jobs = await Promise.all(sound.map((id) => queueOf().getJob(id)));
    expect(jobs.map((job) => job?.stalledCounter)).toEqual(sound.map(() => 0));
  });

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['whose data is no JSON', (key) => bench.redis.hset(key, 'data', '{"kind":')],
    ['of which only the id is there', (key) => bench.redis.del(key)],
  ])('ends a job %s, says why, and goes on', async (_, damage) => {
    const [damaged = '', sound = ''] = await accept(2);
    await damage(bench.partition.keys.bullJob('default', damaged));
    const ran: string[] = [];
    await bench.work({ handlers: [handler('one', ({ id }) => void ran.push(id))] });
    await eventually(async () => (await queueOf().getFailedCount()) === 1);
    await eventually(() => ran.includes(sound));
    const reason = await bench.redis.hget(bench.partition.keys.bullJob('default', damaged), 'failedReason');
    expect(reason).toContain('holds no work that Hookline knows');
  });
});
