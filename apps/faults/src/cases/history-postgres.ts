import type { FaultCase } from '../run/fault-case.ts';
import { EVERY_END } from '../workload/workload.ts';

export default {
  name: 'history-postgres',
  what: 'the history is in PostgreSQL, whose processes are killed, as is the dashboard that records',
  events: 3_000,
  rate: 150,
  mix: EVERY_END,
  history: 'postgres',
  dashboards: 2,
  async inject({ fault, members, history, random, wait }) {
    for (let round = 0; round < 5; round += 1) {
      await wait(random.between(1_000, 2_500));
      let killed = 0;
      await fault('SIGKILL', 'the history', async () => {
        for (let tries = 0; tries < 50 && killed === 0; tries += 1) {
          killed = await history.crash();
          if (killed === 0) await wait(100);
        }
      });
    }
    const dashboard = random.pick(members('dashboard'));
    await fault('SIGKILL', dashboard, () => dashboard.kill());
    await dashboard.restart();
  },
} satisfies FaultCase;
