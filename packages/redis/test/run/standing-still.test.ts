import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { incoming, openBench, type Bench } from '../support.ts';

const WORKER = fileURLToPath(new URL('blocking-worker.mjs', import.meta.url));

/** Workers that live, on a partition of their own. */
interface Stage {
  readonly bench: Bench;
  readonly folder: string;
  readonly workers: readonly ChildProcess[];
}

let stages: Stage[];
beforeEach(() => {
  stages = [];
});
afterEach(async () => {
  for (const { bench, folder, workers } of stages) {
    for (const worker of workers) worker.kill('SIGKILL');
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

const linesOf = ({ folder }: Stage, what: string) =>
  readFileSync(join(folder, 'journal'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(what));

/** @param ms for which a job makes its process stand still */
async function open(count: number, ms: number): Promise<Stage> {
  const bench = openBench();
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  writeFileSync(join(folder, 'journal'), '');
  const args = [WORKER, testRedisUrl(), bench.prefix, join(folder, 'journal'), String(ms)];
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] }),
  );
  const stage = { bench, folder, workers };
  stages.push(stage);
  await eventually(() => linesOf(stage, 'ready').length === count, 40_000);
  return stage;
}

interface Case {
  readonly says: string;
  readonly count: number;
  readonly ms: number;
  readonly most: number;
}

const CASES: readonly Case[] = [
  { says: 'one runs it once', count: 1, ms: 9_000, most: 1 },
  { says: 'two run it twice at most', count: 2, ms: 9_000, most: 2 },
  {
    says: 'two run it twice at most, though it takes longer than a process stays listed',
    count: 2,
    ms: 17_000,
    most: 2,
  },
];

async function outcomeOf({ says, count, ms, most }: Case) {
  const stage = await open(count, ms);
  const { bench } = stage;
  const store = await bench.store();
  const event = incoming();
  await store.accept(event);
  const statusOf = async () => (await findEvent(bench.partitions, event.id))?.status;
  await eventually(async () => (await statusOf()) === 'handled', 80_000);
  await wait(4_000);
  const runs = linesOf(stage, 'start').length;
  return {
    says,
    runs: runs <= most ? 'few enough' : runs,
    dead: await openDeadLetters(bench.partitions).count(),
  };
}

it('a job that makes each worker that lives stand still runs as seldom as can be, and no death is counted', async () => {
  // What each of them does is to wait.
  const outcomes = await Promise.all(CASES.map(outcomeOf));
  expect(outcomes).toEqual(CASES.map(({ says }) => ({ says, runs: 'few enough', dead: 0 })));
}, 140_000);
