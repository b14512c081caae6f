import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';
import { NOBODY_TAKES_OVER } from '../setups/meanings.ts';

export default {
  name: 'failover-spooling',
  what: 'receivers spool for a partition whose master is lost and are killed at it; another one leads when they hand over, and a third soon after',
  notOn: NOBODY_TAKES_OVER,
  events: 4_000,
  rate: 150,
  settleWithin: 120_000,
  async inject({ fault, master, members, setup: { succession }, anyPartition, random, wait }) {
    await wait(1_500);
    for (let round = 0; round < 2; round += 1) {
      const partition = anyPartition();
      const killed = await master(partition);
      await fault('master killed', 'redis', async () => {
        await killed.kill();
        const receiver = random.pick(members('receiver'));
        // Until a replica of the new one is there again, nothing is confirmed, and what comes is spooled.
        await succession?.takenOver(partition, killed);
        await wait(random.between(300, 1_500));
        await fault('SIGKILL while spooling', receiver, () => receiver.kill());
        await receiver.restart();
        await killed.restart();
        await killed.loaded();
      });
      await succession?.whole();
      await fault('handed over while draining', 'redis', async () => succession?.handOver(partition));
      await wait(1_000);
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
