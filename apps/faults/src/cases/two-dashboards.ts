import type { FaultCase } from '../run/fault-case.ts';
import { EVERY_END } from '../workload/workload.ts';

/** The lease of whoever records lasts 15 s. */
const PAST_THE_LEASE_MS = 17_000;

export default {
  name: 'two-dashboards',
  what: 'two dashboards record in turn: one is frozen for longer than its lease, goes on where it was, and one is killed',
  events: 4_000,
  rate: 70,
  mix: EVERY_END,
  dashboards: 2,
  async inject({ fault, members, random, wait }) {
    const dashboards = members('dashboard');
    // Whichever records: one of every two that freeze in a row does.
    for (const dashboard of [...dashboards, ...dashboards.slice(0, 1)]) {
      await wait(random.between(500, 1_500));
      await fault('SIGSTOP', dashboard, async () => {
        dashboard.freeze();
        await wait(PAST_THE_LEASE_MS);
        dashboard.thaw();
      });
    }
    for (const dashboard of dashboards) {
      await wait(random.between(500, 1_500));
      await fault('SIGKILL', dashboard, () => dashboard.kill());
      await dashboard.restart();
    }
  },
} satisfies FaultCase;
