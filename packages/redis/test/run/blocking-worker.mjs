/**
 * A worker of its own process whose one handler keeps the event loop from turning, then goes on for a moment. Each start
 * and end of it is a line of a journal. Ends when its standard input does.
 *
 * node blocking-worker.mjs <Redis address> <prefix> <journal> <milliseconds>
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createRegistry, NO_LOG, retryPolicy } from '@hookline/core';
import { startWorker } from '@hookline/redis';

const [url, prefix, journal, ms] = process.argv.slice(2);
const note = (what) => appendFileSync(journal, `${what} ${process.pid}\n`);

const heavy = {
  name: 'heavy',
  file: 'test',
  provider: 'stripe',
  types: ['*'],
  queue: 'default',
  retry: retryPolicy({ backoff: { delay: 40 } }),
  async run(_, ctx) {
    note('start');
    const end = performance.now() + Number(ms);
    while (performance.now() < end);
    await wait(500);
    await ctx.once('charge', () => 1);
    note('end');
  },
};
const worker = await startWorker({
  layout: [{ target: { kind: 'url', url }, prefix }],
  registry: createRegistry({ handlers: [heavy], jobs: [], schedules: [] }),
  parsePayload: () => ({}),
  log: NO_LOG,
  concurrency: 5,
  queues: {},
  retention: 3_600_000,
  jobRetention: 3_600_000,
  defaultTimeout: 60_000,
});
note('ready');
process.stdin.resume().once('close', () => worker.stop(1_000).then(() => process.exit()));
