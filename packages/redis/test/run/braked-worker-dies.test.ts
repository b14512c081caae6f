import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_BRAKE, retryPolicy } from '@hookline/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { brakedHandlers, findEvent, openDeadLetters, type RedisEventStore } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

const WORKER = fileURLToPath(new URL('braked-worker.mjs', import.meta.url));

let bench: Bench;
let store: RedisEventStore;
let worker: ChildProcess | undefined;
beforeEach(async () => {
  bench = openBench();
  store = await bench.store();
});
afterEach(async () => {
  worker?.kill('SIGKILL');
  await bench.close();
});

const downstream = (state: 'down' | 'hangs' | 'up') =>
  bench.redis.set(`${bench.prefix}/test/downstream`, state);
const brakeOf = async () => (await brakedHandlers(bench.partition)).get('charge');
const underWay = () => bench.redis.hlen(bench.partition.keys.brakePasses('charge'));

async function accept(count: number): Promise<readonly string[]> {
  const events = Array.from({ length: count }, () => incoming());
  await Promise.all(events.map((event) => store.accept(event)));
  return events.map(({ id }) => id);
}

/** Brings the brake to where the worker is to die. */
const PHASES: Readonly<Record<string, () => Promise<unknown>>> = {
  'before the first probe': async () => undefined,
  'while a probe is under way': async () => {
    await downstream('hangs');
    await eventually(async () => (await underWay()) === 1);
  },
  'while it lets go': async () => {
    await downstream('up');
    await eventually(async () => (await brakeOf())?.phase === 'releasing' && (await underWay()) === 0);
  },
  'with what it has let go under way': async () => {
    await downstream('up');
    await eventually(async () => (await brakeOf())?.phase === 'releasing');
    await downstream('hangs');
    await eventually(async () => (await underWay()) > 0);
  },
};

describe('a worker that dies', () => {
  it.each(Object.keys(PHASES))(
    '%s leaves the brake on, and another one takes it off',
    async (phase) => {
      await downstream('down');
      worker = spawn(process.execPath, [WORKER, testRedisUrl(), bench.prefix, '0'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ids = await accept(120);
      await eventually(async () => (await brakeOf())?.held === ids.length, 20_000);
      await PHASES[phase]?.();
      const dead = new Promise((resolve) => worker?.once('exit', resolve));
      worker.kill('SIGKILL');
      await dead;
      expect(await brakeOf()).toBeDefined();
      await downstream('up');

      const runs: string[] = [];
      await bench.work({
        handlers: [
          handler('charge', ({ id }) => void runs.push(id), {
            brake: DEFAULT_BRAKE,
            retry: retryPolicy({ attempts: 20 }),
          }),
        ],
      });
      const late = await accept(3);
      for (const id of [...ids, ...late])
        await eventually(async () => (await findEvent(bench.partition, id))?.status === 'handled', 60_000);
      await eventually(async () => (await brakeOf()) === undefined);
      expect(new Set(runs).size).toBe(runs.length);
      expect(await openDeadLetters(bench.partition).count()).toBe(0);
    },
    120_000,
  );
});
