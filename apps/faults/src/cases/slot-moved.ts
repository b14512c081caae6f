import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

const NO_SLOTS = 'only a Cluster has slots';

export default {
  name: 'slot-moved',
  what: "a partition's slot moves to another master, key by key, while events flow",
  notOn: { single: NO_SLOTS, partitions: NO_SLOTS, urls: NO_SLOTS, sentinel: NO_SLOTS },
  events: 3_500,
  rate: 120,
  answerWithin: 500,
  settleWithin: 120_000,
  async inject({ fault, setup, anyPartition, random, wait }) {
    for (let round = 0; round < 3; round += 1) {
      await wait(random.between(1_000, 2_000));
      await fault('slot moved', 'redis', async () => setup.moveSlot?.(anyPartition()));
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
