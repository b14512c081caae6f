import { join } from 'node:path';
import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'handlers-differ',
  what: 'a deploy and its rollback: workers whose handlers differ share the queues, and for a while nobody has two of them',
  events: 3_000,
  rate: 120,
  settleWithin: 120_000,
  async inject({ fault, members, root, wait }) {
    const version = (app: string) => ({ env: { APP_DIR: join(root, 'apps/faults/dist', app) } });
    const [one, two] = members('worker');
    if (!one || !two) return;
    for (const [app, worker] of [
      ['older-app', one],
      ['older-app', two],
      ['app', one],
      ['older-app', one],
      ['app', two],
      ['app', one],
    ] as const) {
      await wait(2_500);
      await fault(`replaced by ${app}`, worker, async () => {
        await worker.stop();
        await worker.restart(version(app));
      });
    }
  },
} satisfies FaultCase;
