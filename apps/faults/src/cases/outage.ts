import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

const OUTAGE_MS = 60_000;

export default {
  name: 'outage',
  what: 'Redis is away for a minute at 200 events a second, with the spool on',
  events: 14_000,
  rate: 200,
  copies: 0,
  receivers: 1,
  workers: 1,
  mix: { recorded: 70, pushed: 30 },
  // One at a time, so that the order in which handlers begin is the order of the queue.
  env: { CONCURRENCY: '1' },
  settleWithin: 240_000,
  answerWithin: 500,
  ordered: true,
  async inject({ fault, setup, wait, allSent }) {
    await wait(4_000);
    await fault('away for a minute', 'redis', async () => {
      await Promise.all(setup.servers.map((redis) => redis.kill()));
      await wait(OUTAGE_MS);
      await Promise.all(
        setup.servers.map(async (redis) => {
          await redis.restart();
          await redis.loaded();
        }),
      );
    });
    await allSent;
  },
  equations: ({ answers }) => [
    {
      name: 'accepted',
      says: 'every event is answered 200',
      broken: answers.filter(({ status }) => status !== 200).map(({ id, status }) => `${id}: ${status}`),
    },
  ],
  figures: (ledger) => [
    {
      name: 'answered 200 over a minute without Redis',
      value: (100 * ledger.answers.filter(({ status }) => status === 200).length) / ledger.answers.length,
      unit: '%',
    },
    ...backToFirstEffect(ledger),
    ...slowestAnswer(ledger),
  ],
} satisfies FaultCase;
