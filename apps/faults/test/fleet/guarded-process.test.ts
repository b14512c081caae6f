import { eventually } from '@hookline/rig';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ROOT } from '../product.ts';
import { isRunning } from '../support.ts';

const HARNESS = `
  import { spawn } from 'node:child_process';
  import { guard } from ${JSON.stringify(join(ROOT, 'apps/faults/dist/fleet/guarded-process.js'))};
  const [gone, frozen] = await Promise.all(
    [1, 2].map(() => guard(spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }), 'sleep')),
  );
  await gone.kill('SIGTERM');
  frozen.freeze();
  process.send(frozen.pid);
  setInterval(() => {}, 1000);
`;

it('a process of the harness ends with it, even frozen, even when the harness is killed', async () => {
  const harness = spawn(process.execPath, ['--input-type=module', '-e', HARNESS], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pid = await new Promise<number>((resolve) =>
    harness.once('message', (message) => resolve(Number(message))),
  );
  expect(isRunning(pid)).toBe(true);
  harness.kill('SIGKILL');
  await eventually(() => !isRunning(pid));
});
