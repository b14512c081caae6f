import { expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { startProgram } = (await import(
  fileURLToPath(new URL('../dist/host/program.js', import.meta.url))
)) as typeof import('../src/host/program.ts');

const folder = mkdtempSync(join(tmpdir(), 'hookline-program-'));
const pids: number[] = [];

function start(name: string, code: string) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  return startProgram({
    file,
    env: {},
    logFile: join(folder, `${name}.log`),
    keep: (pid) => void pids.push(pid),
  });
}

it('asks a contender for the CPU of its own process, and for what its handlers began', async () => {
  const program = await start(
    'busy',
    `process.send({ kind: 'ready', urls: { receiver: 'http://127.0.0.1:1' } });
     globalThis.benchGo = async () => {
       const end = performance.now() + 100;
       while (performance.now() < end) Math.sqrt(end);
       globalThis.benchStarted('evt_1');
     };`,
  );
  expect(program.urls).toEqual({ receiver: 'http://127.0.0.1:1' });
  expect(pids).toContain(program.pid);
  const before = await program.ask({ ask: 'usage' });
  const after = await program.ask({ ask: 'go' });
  expect(after.cpuMicros - before.cpuMicros).toBeGreaterThan(20_000);
  expect(after.count - before.count).toBe(1);
  const { ids, at } = await program.ask({ ask: 'started' });
  expect(ids).toEqual(['evt_1']);
  // The machine's own clock, which the load's process reads, too.
  expect(Math.abs(Number(process.hrtime.bigint()) / 1e6 - (at[0] ?? 0))).toBeLessThan(10_000);
  expect((await program.ask({ ask: 'started' })).ids).toEqual([]);
  await program.stop();
  await expect(program.ask({ ask: 'usage' })).rejects.toThrow('has ended');
});

it('says with its log why a contender did not start', async () => {
  await expect(start('broken', "throw new Error('no such thing');")).rejects.toThrow(
    /ended before it was ready:[^]*no such thing/,
  );
});
