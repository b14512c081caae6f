import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'aof-torn',
  what: 'Redis dies in the middle of a write: its AOF ends with half a command',
  events: 3_000,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, master, setup, random, wait }) {
    for (let round = 0; round < 3; round += 1) {
      await wait(random.between(1_000, 2_500));
      const redis = await master();
      await fault('AOF tail torn', 'redis', async () => {
        await redis.kill();
        redis.tearTail();
        await redis.restart();
        await redis.loaded();
      });
      await setup.settled();
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
