import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';
import { NOBODY_TAKES_OVER } from '../setups/meanings.ts';

export default {
  name: 'master-killed',
  what: 'the master of a partition is killed, its replica takes over, and it comes back as a replica',
  notOn: NOBODY_TAKES_OVER,
  events: 3_500,
  rate: 120,
  answerWithin: 500,
  settleWithin: 120_000,
  async inject({ fault, master, setup: { succession }, anyPartition, random, wait }) {
    for (let round = 0; round < 3; round += 1) {
      await wait(random.between(1_000, 2_000));
      const partition = anyPartition();
      const killed = await master(partition);
      await fault('master killed', 'redis', async () => {
        await killed.kill();
        await succession?.takenOver(partition, killed);
        await wait(random.between(200, 2_000));
        await killed.restart();
        await killed.loaded();
      });
      await succession?.whole();
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
