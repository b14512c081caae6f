import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'failover',
  what: 'the primary becomes a replica (READONLY), and another time is killed with its replica promoted',
  notOn: { urls: 'each of its servers is what the only one of the others is' },
  events: 3_000,
  rate: 150,
  answerWithin: 500,
  throughProxy: true,
  env: { ACK: 'replicated' },
  async inject({ fault, setup: { succession }, master, anyPartition, random, wait }) {
    if (succession === undefined) return;
    await succession.whole();
    await wait(2_000);
    for (let round = 0; round < 2; round += 1) {
      await fault('READONLY', 'redis', () => succession.handOver(anyPartition()));
      await wait(2_000);
    }
    await fault('primary killed', 'redis', async () => {
      const partition = anyPartition();
      const killed = await master(partition);
      await killed.kill();
      await wait(random.between(200, 1_000));
      await succession.takenOver(partition, killed);
      await succession.whole();
    });
    await wait(1_500);
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
