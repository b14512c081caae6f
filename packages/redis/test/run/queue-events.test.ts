import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { createKeys } from '../../src/client/keys.ts';
import { job, newJob, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

it('a queue’s own events do not keep what hundreds of jobs returned', async () => {
  const { redis, prefix } = bench;
  const keys = createKeys(prefix);
  const events = keys.bullJob('default', 'events');
  // An earlier deploy left the usual length behind.
  await redis.hset(keys.bullJob('default', 'meta'), 'opts.maxLenEvents', 10_000);
  let ran = 0;
  await bench.work({
    jobs: [
      job('large', () => {
        ran += 1;
        return 'x'.repeat(50_000);
      }),
    ],
  });
  const jobs = bench.jobs();
  await jobs.create(Array.from({ length: 300 }, () => newJob('large', null)));
  await eventually(() => ran === 300);
  const queue = new Queue('default', { connection: redis, prefix, skipMetasUpdate: true });
  await eventually(async () => (await queue.getJobCountByTypes('active', 'prioritized', 'wait')) === 0);
  // Redis cuts by whole nodes, and what only waits has small entries.
  expect(await redis.xlen(events)).toBeLessThan(400);
  expect(await redis.memory('USAGE', events, 'SAMPLES', 0)).toBeLessThan(8_000_000);
});
