import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { JobQueue } from '../../src/index.ts';
import { job, openBench as openWorkerBench } from '../support.ts';
import { gate } from './bench.ts';
import { connect } from '../../src/client/connection.ts';

describe('JobQueue when Redis dies', () => {
  let redis: OwnRedis;
  const queues: JobQueue[] = [];
  beforeEach(async () => {
    redis = await startOwnRedis();
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close({ deadline: 1 })));
    await redis.stop();
  });
  const open = (url = redis.url) => {
    const queue = new JobQueue('outage', { redis: url });
    queues.push(queue);
    return queue;
  };

  it('003 persistence: jobs survive a kill -9 and a restart', async () => {
    const queue = open();
    queue.process('done', ({ data }) => data);
    const done = await queue.add('done', 'result');
    await eventually(async () => (await queue.get(done.id))?.state === 'completed');
    await queue.pause();
    const waiting = await queue.add('done', 'waits');
    const delayed = await queue.schedule('done', 'later', { delay: '1h' });
    await redis.kill();
    await redis.restart();
    const after = open();
    expect(await after.get(done.id)).toMatchObject({ state: 'completed', result: 'result' });
    expect(await after.get(delayed.id)).toEqual(delayed);
    expect(await after.get(waiting.id)).toEqual(waiting);
    await after.resume();
    await eventually(async () => (await after.get(waiting.id))?.state === 'completed');
  });

  it('adding fails at once with an error that says where it looked; workers go on when it is back', async () => {
    const [adder, worker] = [open(), open()];
    const run = gate();
    worker.process('work', async ({ data }) => {
      if (data === 'first') await run.opened;
      return data;
    });
    const first = await adder.add('work', 'first');
    await eventually(async () => (await adder.get(first.id))?.state === 'active');
    await redis.kill();
    const { host } = new URL(redis.url);
    await eventually(() =>
      expect(adder.add('work', 'lost'))
        .rejects.toThrow(`'${host}' where?`)
        .then(() => true),
    );
    await redis.restart();
    run.open();
    const second = await eventually(() => adder.add('work', 'second'));
    for (const { id } of [first, second])
      await eventually(async () => (await adder.get(id))?.state === 'completed', 25_000);
  }, 40_000);

  it('a worker that is started while Redis is away begins when it is there', async () => {
    const { id } = await open().add('work', 1);
    await redis.kill();
    const queue = open();
    const errors: Error[] = [];
    queue.on('error', (error) => errors.push(error));
    queue.process('work', () => 'done');
    await eventually(() => errors.some(({ message }) => message.startsWith('Redis cannot be reached')));
    await redis.restart();
    await eventually(async () => (await queue.get(id))?.state === 'completed');
  });

  it('does not work on a Redis that may throw jobs away, and says why', async () => {
    const connection = connect({ kind: 'url', url: redis.url }, 'worker');
    await connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const queue = open();
    const errors: string[] = [];
    queue.on('error', ({ message }) => errors.push(message));
    queue.process('work', () => 'done');
    await eventually(() => errors.some((message) => message.includes("maxmemory-policy is 'allkeys-lru'")));
    const { id } = await queue.add('work', 1);
    expect(await queue.stats()).toMatchObject({ waiting: 1 });
    await connection.config('SET', 'maxmemory-policy', 'noeviction');
    await eventually(async () => (await queue.get(id))?.state === 'completed');
    connection.disconnect();
  });
});

describe('JobQueue and the worker app', () => {
  it('a job in apps/worker/src/jobs runs what a JobQueue of its queue adds, with its options', async () => {
    const bench = openWorkerBench();
    const queue = new JobQueue('reports', { redis: testRedisUrl(), prefix: bench.prefix });
    try {
      const seen: unknown[] = [];
      await bench.work({
        jobs: [
          job(
            'monthly',
            (data, ctx) => {
              seen.push([data, ctx.attempt, ctx.maxAttempts]);
              if (ctx.attempt === 1) throw new Error('once');
              return 'sent';
            },
            { queue: 'reports' },
          ),
        ],
      });
      const { id } = await queue.add('monthly', ['a', 'b'], {
        id: 'march',
        backoff: { delay: 20 },
        attempts: 3,
      });
      await eventually(async () => (await queue.get(id))?.state === 'completed');
      expect(seen).toEqual([
        [['a', 'b'], 1, 3],
        [['a', 'b'], 2, 3],
      ]);
      expect((await queue.get(id))?.result).toBe('sent');
    } finally {
      await queue.close();
      await bench.close();
    }
  });

  it('a job that took too many workers down fails; a manual retry forgives them', async () => {
    const prefix = uniquePrefix();
    const queue = new JobQueue('poison', { redis: testRedisUrl(), prefix });
    const connection = connect({ kind: 'url', url: testRedisUrl() }, 'worker');
    try {
      const { id } = await queue.add('work', 1);
      // What BullMQ counts when it finds a lost worker's job; eleven real deaths would take over two minutes.
      await connection.hset(`${prefix}:poison:${id}`, 'stc', '11');
      queue.process('work', () => 'done');
      await eventually(async () => (await queue.get(id))?.state === 'failed');
      expect((await queue.get(id))?.error?.message).toBe(
        '11 workers died or stopped answering while they ran this',
      );
      await queue.retry(id);
      await eventually(async () => (await queue.get(id))?.state === 'completed');
    } finally {
      await queue.close();
      connection.disconnect();
    }
  });
});
