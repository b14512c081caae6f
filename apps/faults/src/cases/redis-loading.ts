import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-loading',
  what: 'Redis answers LOADING for seconds after each restart',
  events: 3_500,
  rate: 250,
  answerWithin: 500,
  async inject({ fault, master, setup, wait }) {
    await wait(4_000);
    for (let round = 0; round < 2; round += 1) {
      const redis = await master();
      await fault('LOADING', 'redis', async () => {
        redis.slowLoading(60);
        await redis.restart();
        await redis.loaded();
      });
      redis.slowLoading(0);
      await setup.settled();
      await wait(2_000);
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
