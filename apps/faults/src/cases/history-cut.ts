import type { FaultCase } from '../run/fault-case.ts';
import { tearWal } from '../injectors/wal-damage.ts';
import { EVERY_END } from '../workload/workload.ts';

export default {
  name: 'history-cut',
  what: "the recorder's machine dies in the middle of a write: the history's log ends with half a transaction",
  events: 3_000,
  rate: 200,
  mix: EVERY_END,
  async inject({ fault, members, history, master, setup, random, wait }) {
    const [dashboard] = members('dashboard');
    const { file } = history;
    if (!dashboard || file === undefined) return;
    for (let round = 0; round < 5; round += 1) {
      await wait(random.between(800, 2_000));
      await fault('log torn', dashboard, async () => {
        await dashboard.kill();
        await history.letGo();
        tearWal(file, random.between(1, 4_000));
        await (await master(0)).command('DEL', `${setup.prefixes[0]}/history/lease`);
        await dashboard.restart();
      });
    }
  },
} satisfies FaultCase;
