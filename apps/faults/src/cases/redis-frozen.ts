import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-frozen',
  what: 'Redis does not answer for a while: SIGSTOP, DEBUG SLEEP, CLIENT PAUSE',
  events: 3_500,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, redis, random, wait }) {
    const forMs = (): number => random.between(800, 3_000);
    await wait(1_000);
    for (let round = 0; round < 2; round += 1) {
      await fault('SIGSTOP', 'redis', async () => {
        redis.freeze();
        await wait(forMs());
        redis.thaw();
      });
      await wait(1_500);
      await fault('DEBUG SLEEP', 'redis', async () => {
        const ms = forMs();
        redis.sleepFor(ms / 1000);
        await wait(ms);
      });
      await wait(1_500);
      for (const which of ['ALL', 'WRITE'] as const) {
        await fault(`CLIENT PAUSE ${which}`, 'redis', async () => {
          const ms = forMs();
          await redis.pauseClients(ms, which);
          await wait(ms);
        });
        await wait(1_000);
      }
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
