import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';
import { NOBODY_TAKES_OVER } from '../setups/meanings.ts';

export default {
  name: 'master-frozen',
  what: 'the master of a partition is frozen for longer than it takes to replace it, and goes on as if it still were the master',
  notOn: NOBODY_TAKES_OVER,
  events: 3_500,
  rate: 120,
  answerWithin: 500,
  settleWithin: 120_000,
  async inject({ fault, master, setup: { succession }, anyPartition, random, wait }) {
    for (let round = 0; round < 3; round += 1) {
      await wait(random.between(1_000, 2_000));
      const partition = anyPartition();
      const frozen = await master(partition);
      await fault('master frozen', 'redis', async () => {
        frozen.freeze();
        await succession?.takenOver(partition, frozen);
        await wait(random.between(500, 3_000));
        frozen.thaw();
      });
      await succession?.whole();
    }
  },
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
