import type { FaultCase } from '../run/fault-case.ts';
import { effectsDuring, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-full',
  what: 'Redis has no memory left: maxmemory, noeviction',
  events: 3_500,
  rate: 220,
  answerWithin: 500,
  mix: { recorded: 70, split: 10, bank: 5, slow: 5, pushed: 10 },
  async inject({ fault, master, random, wait }) {
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      const redis = await master();
      await fault('memory full', 'redis', async () => {
        await redis.setMaxMemory('used+1mb');
        await wait(random.between(4_000, 6_000));
      });
      await redis.setMaxMemory(0);
    }
  },
  equations(ledger) {
    const during = effectsDuring(ledger, 'memory full');
    return [
      {
        name: 'drains',
        says: 'workers work off what Redis holds while it is full',
        broken: during > 0 ? [] : ['no handler ran while Redis was full'],
      },
    ];
  },
  figures: (ledger) => [
    { name: 'effects while memory is full', value: effectsDuring(ledger, 'memory full'), unit: 'events' },
    ...slowestAnswer(ledger),
  ],
} satisfies FaultCase;
