import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-killed',
  what: 'Redis is killed and started again, several times',
  events: 3_000,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, master, setup, random, wait }) {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL'] as const) {
      await wait(random.between(1_000, 2_000));
      const redis = await master();
      await fault(signal, 'redis', async () => {
        await redis.kill(signal);
        await wait(random.between(100, 3_000));
        await redis.restart();
        await redis.loaded();
      });
      await setup.settled();
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
