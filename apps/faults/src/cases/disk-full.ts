import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'disk-full',
  what: "Redis's disk is full: with appendfsync always it ends, and cannot come back until there is room",
  events: 3_000,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, master, setup, random, wait }) {
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      const redis = await master();
      await fault('disk full', 'redis', async () => {
        await redis.limitDisk(random.between(1_000, 200_000));
        await redis.ended();
        await wait(random.between(500, 2_000));
        await redis.restart();
        await redis.loaded();
      });
      await setup.settled();
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
