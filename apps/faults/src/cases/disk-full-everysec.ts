import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'disk-full-everysec',
  what: "Redis's disk is full: with appendfsync everysec it refuses writes (MISCONF) until there is room",
  events: 3_000,
  rate: 200,
  answerWithin: 500,
  redis: { appendfsync: 'everysec' },
  env: { ACK: 'memory' },
  async inject({ fault, master, random, wait }) {
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      const redis = await master();
      await fault('disk full', 'redis', async () => {
        await redis.limitDisk(random.between(1_000, 200_000));
        await wait(random.between(3_000, 5_000));
        await redis.freeDisk();
      });
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
