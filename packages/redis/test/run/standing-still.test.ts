import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { incoming, openBench, type Bench } from '../support.ts';

const WORKER = fileURLToPath(new URL('blocking-worker.mjs', import.meta.url));

let bench: Bench;
let folder: string;
let workers: ChildProcess[];
beforeEach(() => {
  bench = openBench();
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  writeFileSync(join(folder, 'journal'), '');
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

const linesOf = (what: string) =>
  readFileSync(join(folder, 'journal'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(what));

async function startWorkers(count: number, ms: number): Promise<void> {
  const args = [WORKER, testRedisUrl(), bench.prefix, join(folder, 'journal'), String(ms)];
  workers = Array.from({ length: count }, () =>
    spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] }),
  );
  await eventually(() => linesOf('ready').length === count, 20_000);
}

describe('workers that live, and a job that makes each of them stand still', () => {
  it.each([
    ['one runs it once', 1, 9_000, 1],
    ['two run it twice at most', 2, 9_000, 2],
    ['two run it twice at most, though it takes longer than a process stays listed', 2, 17_000, 2],
  ])(
    '%s, and no death is counted',
    async (_name, count, ms, most) => {
      const store = await bench.store();
      const event = incoming();
      await startWorkers(count, ms);
      await store.accept(event);
      const statusOf = async () => (await findEvent(bench.partition, event.id))?.status;
      await eventually(async () => (await statusOf()) === 'handled', 80_000);
      await wait(4_000);
      expect(linesOf('start').length).toBeLessThanOrEqual(most);
      expect(await openDeadLetters(bench.partition).count()).toBe(0);
    },
    100_000,
  );
});
