import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-frozen',
  what: 'Redis does not answer for a while: SIGSTOP, DEBUG SLEEP, CLIENT PAUSE',
  events: 3_500,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, master, setup, random, wait }) {
    const forMs = (): number => random.between(800, 3_000);
    await wait(1_000);
    for (let round = 0; round < 2; round += 1) {
      const redis = await master();
      await fault('SIGSTOP', 'redis', async () => {
        redis.freeze();
        await wait(forMs());
        redis.thaw();
      });
      await setup.settled();
      await wait(1_500);
      const sleeper = await master();
      await fault('DEBUG SLEEP', 'redis', async () => {
        const ms = forMs();
        sleeper.sleepFor(ms / 1000);
        await wait(ms);
      });
      await setup.settled();
      await wait(1_500);
      for (const which of ['ALL', 'WRITE'] as const) {
        const paused = await master();
        await fault(`CLIENT PAUSE ${which}`, 'redis', async () => {
          const ms = forMs();
          await paused.pauseClients(ms, which);
          await wait(ms);
        });
        await setup.settled();
        await wait(1_000);
      }
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
