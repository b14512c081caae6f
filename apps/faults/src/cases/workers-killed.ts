import type { FaultCase } from '../run/fault-case.ts';
import { takeovers } from '../run/figures.ts';

export default {
  name: 'workers-killed',
  what: 'workers are killed and restarted while handlers run',
  events: 3_000,
  rate: 220,
  workers: 3,
  mix: { recorded: 50, split: 10, bank: 8, flaky: 8, slow: 15, pushed: 9 },
  async inject({ fault, members, random, wait }) {
    for (let round = 0; round < 6; round += 1) {
      const worker = random.pick(members('worker'));
      await wait(random.between(800, 1_800));
      const kind = round % 3 === 2 ? 'SIGTERM' : 'SIGKILL';
      await fault(kind, worker, async () => {
        await (kind === 'SIGKILL' ? worker.kill() : worker.stop());
      });
      await worker.restart();
    }
  },
  figures: (ledger) => takeovers(ledger),
} satisfies FaultCase;
