/**
 * A worker of its own process whose one handler has a rule for the events of one subject. It writes down in a list of Redis
 * what begins and how it ends: `start id`, `ok id`, `failed id`.
 *
 * node ruled-worker.mjs <Redis address> <prefix> <rule as JSON>
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createRegistry, NO_LOG, retryPolicy } from '@hookline/core';
import { connect, startWorker } from '@hookline/redis';

const [url, prefix, rule] = process.argv.slice(2);
const target = { kind: 'url', url };
const redis = connect(target, 'worker');
const journal = `${prefix}/test/journal`;

const books = {
  name: 'books',
  file: 'test',
  provider: 'stripe',
  types: ['*'],
  queue: 'default',
  retry: retryPolicy({ attempts: 100, backoff: { delay: 20 } }),
  subjectRule: JSON.parse(rule),
  versionOf: ({ payload }) => payload.amount,
  async run({ id }) {
    await redis.rpush(journal, `start ${id}`);
    await wait(Math.random() * 30);
    const isFailing = Math.random() < 0.1;
    await redis.rpush(journal, `${isFailing ? 'failed' : 'ok'} ${id}`);
    if (isFailing) throw new Error('again');
  },
};
await startWorker({
  layout: [{ target, prefix }],
  registry: createRegistry({ handlers: [books], jobs: [], schedules: [] }),
  parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()),
  log: NO_LOG,
  concurrency: 5,
  queues: {},
  retention: 3_600_000,
  jobRetention: 3_600_000,
  defaultTimeout: 60_000,
});
