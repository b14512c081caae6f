import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FaultCase, Stage } from '../run/fault-case.ts';

export default {
  name: 'replay-killed',
  what: 'replaying all dead letters is killed midway, again and again',
  events: 2_500,
  rate: 250,
  mix: { recorded: 50, split: 10, doomed: 30, pushed: 10 },
  async inject(stage) {
    const { fault, allSent, random, wait } = stage;
    await allSent;
    await wait(4_000);
    for (let round = 0; round < 4; round += 1) {
      await fault('replay killed', 'the command', async () => {
        const replay = startReplay(stage);
        await replay.printed(random.between(5, 60));
        await replay.kill();
      });
      await wait(1_000);
    }
  },
} satisfies FaultCase;

function startReplay({ env, root, setup }: Stage) {
  const child = spawn(process.execPath, [join(root, 'apps/cli/dist/main.js'), 'dead', 'replay', '--all'], {
    env: {
      PATH: env['PATH'],
      ...setup.env,
      WEBHOOK_SECRET_STRIPE: 'whsec_unused-by-replaying',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let lines = 0;
  child.stdout.on('data', (text: Buffer) => (lines += text.toString().split('\n').length - 1));
  return {
    /** Resolves when it has printed so many lines, or ended by itself. */
    async printed(count: number): Promise<void> {
      while (lines < count && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
