import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';
import { ONE_SERVER } from '../setups/meanings.ts';

export default {
  name: 'node-cut',
  what: 'the network to one of several servers goes silent, without FIN or RST: nothing comes through, nothing is closed',
  notOn: ONE_SERVER,
  events: 3_500,
  rate: 120,
  answerWithin: 500,
  throughProxy: true,
  settleWithin: 120_000,
  async inject({ fault, master, setup: { proxies, succession }, random, wait }) {
    if (proxies === undefined) return;
    for (let round = 0; round < 3; round += 1) {
      await wait(random.between(1_000, 2_000));
      const proxy = proxies.of(await master());
      await fault('cut off', 'network', async () => {
        proxy.set({ kind: 'halfOpen' });
        await wait(random.between(2_000, 7_000));
        // What was connected then has missed bytes, and is never closed either.
        proxy.vanish();
        proxy.set({ kind: 'pass' });
      });
      await succession?.whole();
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
