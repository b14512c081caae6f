import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FaultCase, Stage } from '../run/fault-case.ts';
import { EVERY_END } from '../workload/workload.ts';

export default {
  name: 'history-read',
  what: 'people look into the history with the command line while it is written, and its dashboard is killed between',
  events: 3_000,
  rate: 200,
  mix: EVERY_END,
  async inject(stage) {
    const { fault, members, history, random, wait } = stage;
    const [dashboard] = members('dashboard');
    for (let round = 0; round < 8; round += 1) {
      await wait(random.between(200, 1_000));
      // Whoever closes a SQLite last removes its log: the harness's own reader must not stand in the way of that.
      await fault('read', 'the history', () => history.letGo(() => Promise.all([look(stage), look(stage)])));
      if (round % 3 === 2 && dashboard) await fault('SIGKILL', dashboard, () => dashboard.restart());
    }
  },
} satisfies FaultCase;

/** A command that reads the history and ends. @throws Error when it could not */
async function look({ env, root, setup, history }: Stage): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'apps/cli/dist/main.js'), 'events', 'list'], {
    env: { PATH: env['PATH'], ...setup.env, HISTORY_URL: history.url },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`'hookline events list' ended with ${code} while the history was written`);
}
