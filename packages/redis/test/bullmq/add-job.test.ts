import { DEFAULT_QUEUE, type EventId } from '@hookline/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ADD_JOB_LUA, createEnqueuer, KEPT_JOBS, openQuietQueue } from '../../src/bullmq/add-job.ts';
import { createKeys } from '../../src/client/keys.ts';
import { defineScript, runScript } from '../../src/client/script.ts';
import { openBench, type Bench } from '../support.ts';

/** The smallest script that adds a job by BullMQ's own Lua. */
const ADD = defineScript(ADD_JOB_LUA, 'add[ARGV[1]](KEYS, { unpack(ARGV, 2) })');

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

describe('a job that our Lua adds', () => {
  it.each([
    ['standard', {}],
    ['prioritized', { priority: 3 }],
    ['delayed', { delay: 60_000 }],
  ])('is stored as queue.add stores it: %s', async (_, more) => {
    const work = { kind: 'delivery', event: 'shop.evt_1' as EventId, handler: 'one' } as const;
    const timestamp = 1_700_000_000_000;
    const queue = openQuietQueue(DEFAULT_QUEUE, bench.redis, bench.prefix);
    await queue.add('paid', work, { ...KEPT_JOBS, jobId: 'theirs', timestamp, ...more });
    const job = createEnqueuer(bench.redis, bench.prefix).prepare({
      queue: DEFAULT_QUEUE,
      jobId: 'ours',
      name: 'paid',
      work,
      timestamp,
      ...more,
    });
    await runScript(bench.redis, ADD, job.keys, [job.script, ...job.args]);

    const keys = createKeys(bench.prefix);
    const stored = async (id: string) => {
      const fields = await bench.redis.hgetall(keys.bullJob(DEFAULT_QUEUE, id));
      return { ...fields, opts: { ...(JSON.parse(fields['opts'] ?? '{}') as object), jobId: 'any' } };
    };
    expect(await stored('ours')).toEqual(await stored('theirs'));
    const [ours, theirs] = await Promise.all([queue.getJobState('ours'), queue.getJobState('theirs')]);
    expect(ours).toBe(theirs);
  });
});
