/**
 * A worker of its own process whose one handler calls a downstream that a key in Redis stands for: `down` fails, `hangs`
 * never answers, anything else succeeds.
 *
 * node braked-worker.mjs <Redis address> <prefix> <milliseconds that its clock is ahead>
 */
import { createRegistry, DEFAULT_BRAKE, NO_LOG, retryPolicy } from '@hookline/core';
import { connect, startWorker } from '@hookline/redis';

const [url, prefix, ahead] = process.argv.slice(2);
const target = { kind: 'url', url };
const redis = connect(target, 'worker');

const charge = {
  name: 'charge',
  file: 'test',
  provider: 'stripe',
  types: ['*'],
  queue: 'default',
  brake: DEFAULT_BRAKE,
  retry: retryPolicy({ attempts: 20, backoff: { delay: 100 } }),
  async run() {
    const state = await redis.get(`${prefix}/test/downstream`);
    if (state === 'down') throw new Error('connect ECONNREFUSED 10.0.0.7:443');
    if (state === 'hangs') await new Promise(() => undefined);
  },
};
await startWorker({
  layout: [{ target, prefix }],
  registry: createRegistry({ handlers: [charge], jobs: [], schedules: [] }),
  parsePayload: () => ({}),
  log: NO_LOG,
  concurrency: 5,
  queues: {},
  retention: 3_600_000,
  jobRetention: 3_600_000,
  defaultTimeout: 60_000,
  now: () => Date.now() + Number(ahead),
});
