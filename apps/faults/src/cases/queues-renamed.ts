import { join } from 'node:path';
import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'queues-renamed',
  what: 'a deploy in which five handlers change their queues, under load, while retries wait in the old ones',
  events: 3_000,
  rate: 150,
  mix: { recorded: 40, split: 15, bank: 10, flaky: 20, doomed: 2, slow: 3, pushed: 10 },
  app: 'moved-app',
  settleWithin: 120_000,
  async inject({ fault, members, root, wait }) {
    const renamed = { env: { APP_DIR: join(root, 'apps/faults/dist/app') } };
    await wait(5_000);
    for (const worker of members('worker')) {
      await fault('queues renamed', worker, async () => {
        await worker.stop();
        await worker.restart(renamed);
      });
      await wait(4_000);
    }
  },
} satisfies FaultCase;
