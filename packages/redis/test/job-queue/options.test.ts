import { afterAll, describe, expect, it } from '@jest/globals';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { JobQueue, type AddOptions, type JobQueueOptions } from '../../src/index.ts';

describe("a JobQueue's options", () => {
  it.each<[JobQueueOptions, string]>([
    [{ concurrency: 0 }, 'concurrency is 0: use a whole number from 1 to 1000'],
    [{ concurrency: 1.5 }, 'concurrency is 1.5'],
    [{ retry: { attempts: 0 } }, 'retry.attempts is 0: use a whole number from 1 to 100'],
    [{ retry: { attempts: 101 } }, 'retry.attempts is 101'],
    [{ retry: { backoff: 'linear' as 'fixed' } }, `retry.backoff is "linear": use 'fixed' or 'exponential'`],
    [{ retry: { delay: -1 } }, 'retry.delay: -1 is not a duration'],
    [{ retry: { maxDelay: 'soon' as '1s' } }, 'retry.maxDelay: "soon" is not a duration'],
    [{ retry: { jitter: 2 } }, 'retry.jitter is 2: use a share from 0 to 1'],
    [{ limiter: { max: 0, duration: '1s' } }, 'limiter.max is 0'],
    [{ limiter: { max: 1, duration: 0 } }, 'limiter.duration is 0: use 1 to'],
    [{ timeout: 0 }, 'timeout is 0'],
    [{ timeout: '30d' }, 'timeout is "30d"'],
    [{ priority: 0 }, 'priority is 0: use a whole number from 1 to 2097151 (1 is first)'],
    [{ keep: { completed: -1 } }, 'keep.completed is -1'],
    [{ keep: { failed: Number.NaN } }, 'keep.failed is NaN'],
    [{ waitForHandler: 'long' as '1h' }, 'waitForHandler: "long" is not a duration'],
    [
      { redis: 'redis://x', backend: { create: () => never(), connection: {} } },
      'backend and redis (or prefix) both say',
    ],
  ])('%j is refused: %s', (options, message) => {
    expect(() => new JobQueue('q', options)).toThrow(RangeError);
    expect(() => new JobQueue('q', options)).toThrow(message);
  });

  it.each(['', 'a:b', 'a b', '-a', 'x'.repeat(65)])('the name %j is refused', (name) => {
    expect(() => new JobQueue(name)).toThrow("use 1 to 64 letters, digits, '_' and '-'");
  });
});

describe("a job's options", () => {
  const queue = new JobQueue('options', { redis: testRedisUrl(), prefix: uniquePrefix() });
  afterAll(() => queue.close());

  it.each<[AddOptions, string]>([
    [{ delay: '4000d' }, 'delay is "4000d"'],
    [{ runAt: Number.NaN }, 'runAt is NaN: use a Date or milliseconds since the epoch'],
    [{ runAt: new Date('nonsense') }, 'runAt is Invalid Date'],
    [{ runAt: new Date('2999-01-01') }, 'at most 10 years ahead'],
    [{ delay: 1, runAt: 1 }, 'delay and runAt both say when'],
    [{ priority: 0 }, 'priority is 0'],
    [{ priority: 2_097_153 }, 'priority is 2097153'],
    [{ attempts: 0 }, 'attempts is 0'],
    [{ backoff: { delay: '1x' as '1s' } }, 'backoff.delay: "1x" is not a duration'],
    [{ backoff: { jitter: -1 } }, 'backoff.jitter is -1'],
    [{ timeout: 0 }, 'timeout is 0'],
    [{ id: '' }, 'id is ""'],
    [{ id: 'a:b' }, 'id is "a:b"'],
    [{ id: 'failed' }, 'id is "failed", which BullMQ keeps for itself'],
    [{ id: 'wait' }, 'id is "wait", which BullMQ keeps for itself'],
    [{ id: '123' }, 'and not only digits'],
    [{ id: 'x'.repeat(257) }, 'use 1 to 256 characters'],
    [
      { metadata: [] as unknown as Record<string, unknown> },
      'metadata is a value of type array: use an object',
    ],
  ])('%j is refused: %s', async (options, message) => {
    await expect(queue.add('work', 1, options)).rejects.toThrow(RangeError);
    await expect(queue.add('work', 1, options)).rejects.toThrow(message);
  });

  it('a name has 1 to 256 characters', async () => {
    for (const name of ['', 'x'.repeat(257)])
      await expect(queue.add(name, 1)).rejects.toThrow("a job's name is a text of 1 to 256 characters");
  });

  it('schedule needs a time', async () => {
    await expect(queue.schedule('work', 1, {} as { delay: number })).rejects.toThrow(
      'schedule needs { runAt } or { delay }',
    );
  });

  it('a name has one handler', () => {
    queue.process('twice', () => 1);
    expect(() => queue.process('twice', () => 2)).toThrow("has a handler for 'twice' already");
  });
});

function never(): never {
  throw new Error('not called');
}
