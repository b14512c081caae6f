import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { supervise, type Service, type Supervised } from '../src/supervisor.ts';
import { plantTree } from '../../../tools/test/tree.ts';

const READY = "process.send({ kind: 'ready', urls: { self: 'pid:' + process.pid } });";
const STAY = 'setInterval(() => {}, 1_000);';
const PATIENCE = 10_000;

let tree: ReturnType<typeof plantTree>;
let lines: string[] = [];
let said: string[] = [];
let supervised: Supervised[] = [];
beforeEach(() => {
  tree = plantTree({});
  [lines, said, supervised] = [[], [], []];
});
afterEach(async () => {
  await Promise.all(supervised.map((service) => service.stop(0)));
  tree.remove();
});

function service(source: string): Service {
  tree.put('program.mjs', source);
  return { name: 'worker', program: join(tree.root, 'program.mjs'), env: { ...process.env, SETTING: 'set' } };
}

async function start(source: string): Promise<Supervised> {
  const started = await supervise(service(source), {
    onLine: (name, line) => void lines.push(`${name}: ${line}`),
    say: (message) => void said.push(message),
  });
  supervised.push(started);
  return started;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain; said: ${said.join(' | ')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('supervise', () => {
  it('resolves when the program is ready, passes its environment in, and its lines and addresses out', async () => {
    const started = await start(
      `process.stdout.write('out ' + process.env.SETTING + '\\n'); process.stderr.write('err\\n'); ${STAY} ${READY}`,
    );
    expect(started).toMatchObject({ name: 'worker', urls: { self: `pid:${started.pid}` } });
    await until(() => lines.length === 2);
    expect(lines.toSorted()).toEqual(['worker: err', 'worker: out set']);
    expect(said).toEqual([]);
  });

  it.each([
    ['exit code 3', 'process.exit(3);'],
    ['exit code 1', "throw new Error('no such setting');"],
    ['SIGKILL', "process.kill(process.pid, 'SIGKILL');"],
  ])('rejects a program that ends before it was ready: %s', async (how, source) => {
    await expect(start(source)).rejects.toThrow(`the worker ended (${how}) before it was ready`);
  });

  it('could not be stopped while a program starts: it says what it waits for, and stops it', async () => {
    const stopping = new AbortController();
    const starting = supervise(service(STAY), {
      onLine: () => undefined,
      say: (message) => void said.push(message),
      signal: stopping.signal,
      patience: 50,
    });
    starting.catch(() => undefined);
    await until(() => said.length >= 2);
    expect(said[0]).toMatch(/^still waiting for the worker to be ready \(\d+ s by now\); Ctrl-C stops/);
    stopping.abort();
    await expect(starting).rejects.toThrow('the worker ended (SIGTERM) before it was ready');
  });

  it('is not fooled by other messages', async () => {
    await expect(
      start("process.send({ kind: 'other' }); process.send('ready', () => process.exit(3));"),
    ).rejects.toThrow('before it was ready');
  });

  it('starts one that died again, later each time, and says so', async () => {
    const started = await start(`${STAY} ${READY}`);
    const pids = [started.pid];
    for (const deaths of [1, 2]) {
      process.kill(started.pid ?? 0, 'SIGKILL');
      await until(() => started.pid !== pids.at(-1) && started.urls['self'] === `pid:${started.pid}`);
      pids.push(started.pid);
      expect(said).toHaveLength(deaths);
    }
    expect(new Set(pids).size).toBe(3);
    expect(said).toEqual([
      'the worker died (SIGKILL); starting it again in 0.5 s',
      'the worker died (SIGKILL); starting it again in 1 s',
    ]);
  });

  it('goes on starting one that dies before it is ready again', async () => {
    const marker = join(tree.root, 'marker');
    const started = await start(
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync('${marker}', 'x');
       if (readFileSync('${marker}', 'utf8').length === 2) process.exit(4);
       ${STAY} ${READY}`,
    );
    const { pid } = started;
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => started.urls['self'] !== `pid:${pid}`);
    expect(said).toEqual([
      'the worker died (SIGKILL); starting it again in 0.5 s',
      'the worker died (exit code 4); starting it again in 1 s',
    ]);
  });

  it('stops a program that ends when it is asked to, and does not start it again', async () => {
    const started = await start(
      `process.on('SIGTERM', () => { process.stdout.write('stopping\\n'); process.exit(0); }); ${STAY} ${READY}`,
    );
    const { pid } = started;
    await started.stop(PATIENCE);
    await until(() => lines.length === 1);
    expect(lines).toEqual(['worker: stopping']);
    expect(isAlive(pid)).toBe(false);
    expect(started.pid).toBe(pid);
    expect(said).toEqual([]);
    await started.stop(PATIENCE);
  });

  it('kills a program that does not stop, and says so', async () => {
    const started = await start(`process.on('SIGTERM', () => {}); ${STAY} ${READY}`);
    await started.stop(100);
    expect(isAlive(started.pid)).toBe(false);
    expect(said).toEqual(['the worker did not stop within 0.1 s; killing it']);
  });

  it('stops while it waits to start a program again', async () => {
    const started = await start(`${STAY} ${READY}`);
    const { pid } = started;
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => said.length === 1);
    await started.stop(PATIENCE);
    // Nothing is to happen, so there is nothing to await: only the back-off's 0.5 s to let pass.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(started.pid).toBe(pid);
  });

  it('restarts on request at once, which counts as no failure', async () => {
    const started = await start(`process.on('SIGTERM', () => process.exit(0)); ${STAY} ${READY}`);
    for (const restarts of [1, 2]) {
      const { pid } = started;
      started.restart();
      await until(() => started.pid !== pid && started.urls['self'] === `pid:${started.pid}`);
      expect(isAlive(pid)).toBe(false);
      expect(said).toHaveLength(restarts);
    }
    process.kill(started.pid ?? 0, 'SIGKILL');
    await until(() => said.length === 3);
    expect(said).toEqual([
      'starting the worker again',
      'starting the worker again',
      'the worker died (SIGKILL); starting it again in 0.5 s',
    ]);
  });
});
