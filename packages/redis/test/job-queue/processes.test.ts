import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobQueue, JobQueueOptions } from '../../src/index.ts';

import { openBench, type Bench, type Jobs } from './bench.ts';

const WORKER = fileURLToPath(new URL('worker-process.mjs', import.meta.url));

/** What happened over both workers, in the order in which it did. */
interface Line {
  readonly what: string;
  readonly job: string;
  readonly process: number;
  readonly at: number;
}

describe('JobQueue over two worker processes: what the journal says', () => {
  let folder: string;
  let bench: Bench;
  let place: { redis: string; prefix: string };
  let workers: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    place = { redis: testRedisUrl(), prefix: uniquePrefix() };
    bench = openBench(place);
    workers = [];
    writeFileSync(join(folder, 'journal'), '');
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => stop(worker)));
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function stop(worker: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const exited = once(worker, 'exit');
    if (signal === undefined) worker.stdin?.end();
    else worker.kill(signal);
    await exited;
  }

  function start(options: JobQueueOptions<Jobs> = {}): ChildProcess {
    const args = [WORKER, bench.name, join(folder, 'journal'), JSON.stringify({ ...place, ...options })];
    const worker = spawn(process.execPath, args, { stdio: ['pipe', 'inherit', 'inherit'] });
    workers.push(worker);
    return worker;
  }

  const journal = (): Line[] =>
    readFileSync(join(folder, 'journal'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([what = '', job = '', pid, at]) => ({ what, job, process: Number(pid), at: Number(at) }));
  const only = (what: string) => journal().filter((line) => line.what === what);
  const mark = (what: string) => appendFileSync(join(folder, 'journal'), `${what} - 0 ${Date.now()}\n`);
  const addMany = (queue: JobQueue<Jobs>, count: number, ms: number) =>
    queue.addBulk(Array.from({ length: count }, () => ({ name: 'work', data: ms })));
  /**
   * Starts two workers and gives them jobs until both have done some; then the journal begins anew. Together they may
   * do more than one of them can, so that one alone never takes everything.
   */
  async function startBoth(
    queue: JobQueue<Jobs>,
    each: { readonly concurrency: number },
    together: number,
  ): Promise<void> {
    start(each);
    start(each);
    await eventually(async () => {
      await queue.setConcurrency(together);
      if ((await queue.stats()).waiting === 0) await addMany(queue, together * 2, 20);
      return workersIn(only('end')) === 2;
    });
    await eventually(async () => {
      const { waiting, active } = await queue.stats();
      return waiting + active === 0;
    });
    writeFileSync(join(folder, 'journal'), '');
  }
  const workersIn = (lines: readonly Line[]) => new Set(lines.map((line) => line.process)).size;

  function mostAtOnce(lines: readonly Line[]): number {
    let now = 0;
    let most = 0;
    for (const { what } of lines) {
      if (what === 'start') most = Math.max(most, (now += 1));
      if (what === 'end') now -= 1;
    }
    return most;
  }

  it('a process that computes for longer than its locks last, and lives, runs a job once, and its neighbours too', async () => {
    const queue = bench.open();
    start({ concurrency: 2 });
    const [long] = await addMany(queue, 1, 12_000);
    await eventually(() => only('start').length === 1);
    const [blocking] = await addMany(queue, 1, -9_000);
    for (const added of [long, blocking])
      await eventually(async () => (await queue.get(added?.id ?? ''))?.state === 'completed', 60_000);
    expect(only('start').map(({ job }) => job)).toEqual([long?.id, blocking?.id]);
  }, 90_000);

  it('002 concurrency: never more than 3 between both', async () => {
    const queue = bench.open();
    await startBoth(queue, { concurrency: 2 }, 3);
    await addMany(queue, 30, 30);
    await eventually(() => only('end').length === 30);
    expect(mostAtOnce(journal())).toBe(3);
    expect(workersIn(only('start'))).toBe(2);
    expect(new Set(only('start').map(({ job }) => job)).size).toBe(30);
  });

  it('003 setConcurrency: changes both while they work', async () => {
    const queue = bench.open();
    await startBoth(queue, { concurrency: 6 }, 8);
    await addMany(queue, 80, 40);
    await eventually(() => only('end').length >= 20);
    await queue.setConcurrency(1);
    // Those that had begun may still be on their way to the journal; from then on there is one at a time.
    await eventually(async () => (await queue.stats()).active <= 1);
    mark('lowered');
    await eventually(() => only('end').length >= 30);
    mark('raised');
    await queue.setConcurrency(4);
    await eventually(() => only('end').length === 80);
    const lines = journal();
    const at = (what: string) => lines.findIndex((line) => line.what === what);
    const running = (end: number) =>
      lines.slice(0, end).reduce((n, { what }) => n + (what === 'start' ? 1 : what === 'end' ? -1 : 0), 0);
    expect(mostAtOnce(lines.slice(0, at('lowered')))).toBe(8);
    expect(running(at('lowered'))).toBeLessThanOrEqual(1);
    expect(mostAtOnce(lines.slice(at('lowered'), at('raised')))).toBeLessThanOrEqual(1);
    expect(mostAtOnce(lines.slice(at('raised')))).toBeGreaterThan(1);
    expect(mostAtOnce(lines.slice(at('raised')))).toBeLessThanOrEqual(4);
  });

  it('002 rate limiting: at most 3 starts a second between both, even with more concurrency', async () => {
    const limits = { concurrency: 20, limiter: { max: 3, duration: '1s' } } as const;
    const queue = bench.open(limits);
    await addMany(queue, 10, 5);
    for (const _ of [1, 2]) start(limits);
    await eventually(() => only('end').length === 10);
    const starts = only('start').map(({ at }) => at);
    // Windows begin with their first job: the 4th, 7th and 10th need another one each. Half a window is slack for how
    // long a job takes from being claimed to its line in the journal.
    for (const [i, windows] of [
      [3, 1],
      [6, 2],
      [9, 3],
    ] as const)
      expect((starts[i] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(windows * 1_000 - 500);
  });

  it('002 pause and resume: stops both, and both go on', async () => {
    const queue = bench.open();
    await startBoth(queue, { concurrency: 4 }, 6);
    await addMany(queue, 60, 30);
    await eventually(() => only('end').length >= 10);
    await queue.pause();
    await eventually(async () => (await queue.stats()).active === 0);
    mark('paused');
    await addMany(queue, 10, 30);
    // Nothing happens: only time can show it. Idle workers look once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    mark('resumed');
    const { waiting } = await queue.stats();
    await queue.resume();
    await eventually(() => only('end').length === 70);
    const lines = journal();
    const at = (what: string) => lines.findIndex((line) => line.what === what);
    expect(waiting).toBeGreaterThan(10);
    expect(lines.slice(at('paused'), at('resumed')).map(({ what }) => what)).toEqual(['paused']);
    expect(workersIn(lines.slice(at('resumed') + 1))).toBe(2);
    expect(new Set(only('start').map(({ job }) => job)).size).toBe(70);
  });

  it('003 persistence: a worker that is killed loses nothing; another one does its job, at no cost', async () => {
    const queue = bench.open();
    const first = start();
    const { id } = await queue.add('work', 60_000, { id: 'taken' });
    await eventually(() => only('start').length === 1);
    await queue.add('work', 1, { id: 'next' });
    await stop(first, 'SIGKILL');
    const rescuer = bench.open();
    rescuer.process('work', ({ attempt }) => `rescued in attempt ${attempt}`);
    await eventually(async () => (await queue.get(id))?.state === 'completed', 25_000);
    expect((await queue.get(id))?.result).toBe('rescued in attempt 1');
    expect((await queue.get('next'))?.state).toBe('completed');
  }, 40_000);
});
