import { eventually, testRedisUrl } from '@hookline/rig';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_BRAKE, retryPolicy } from '@hookline/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { brakedHandlers, findEvent, openDeadLetters, type RedisEventStore } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

const WORKER = fileURLToPath(new URL('braked-worker.mjs', import.meta.url));

/** One brake, and the worker that is to die with it. */
class Braked {
  readonly bench: Bench = openBench();
  readonly store: Promise<RedisEventStore> = this.bench.store();
  readonly worker: ChildProcess = spawn(process.execPath, [WORKER, testRedisUrl(), this.bench.prefix, '0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

  downstream(state: 'down' | 'hangs' | 'up') {
    return this.bench.redis.set(`${this.bench.prefix}/test/downstream`, state);
  }

  async brake() {
    return (await brakedHandlers(this.bench.partitions)).get('charge');
  }

  underWay() {
    return this.bench.redis.hlen(this.bench.partition.keys.brakePasses('charge'));
  }

  async accept(count: number): Promise<readonly string[]> {
    const store = await this.store;
    const events = Array.from({ length: count }, () => incoming());
    await Promise.all(events.map((event) => store.accept(event)));
    return events.map(({ id }) => id);
  }

  async close(): Promise<void> {
    this.worker.kill('SIGKILL');
    await this.bench.close();
  }
}

/** Brings the brake to where the worker is to die. */
const PHASES: Readonly<Record<string, (braked: Braked) => Promise<unknown>>> = {
  'before the first probe': async () => undefined,
  'while a probe is under way': async (braked) => {
    await braked.downstream('hangs');
    await eventually(async () => (await braked.underWay()) === 1, 20_000);
  },
  'while it lets go': async (braked) => {
    await braked.downstream('up');
    await eventually(
      async () => (await braked.brake())?.phase === 'releasing' && (await braked.underWay()) === 0,
      20_000,
    );
  },
  'with what it has let go under way': async (braked) => {
    await braked.downstream('up');
    await eventually(async () => (await braked.brake())?.phase === 'releasing', 20_000);
    await braked.downstream('hangs');
    await eventually(async () => (await braked.underWay()) > 0, 20_000);
  },
};

async function dieIn(phase: string, braked: Braked): Promise<void> {
  await braked.downstream('down');
  const ids = await braked.accept(120);
  await eventually(async () => (await braked.brake())?.held === ids.length, 40_000);
  await PHASES[phase]?.(braked);
  const dead = new Promise((resolve) => braked.worker.once('exit', resolve));
  braked.worker.kill('SIGKILL');
  await dead;
  expect(await braked.brake()).toBeDefined();
  await braked.downstream('up');

  const runs: string[] = [];
  await braked.bench.work({
    handlers: [
      handler('charge', ({ id }) => void runs.push(id), {
        brake: DEFAULT_BRAKE,
        retry: retryPolicy({ attempts: 20 }),
      }),
    ],
  });
  const late = await braked.accept(3);
  const { partitions } = braked.bench;
  for (const id of [...ids, ...late])
    await eventually(async () => (await findEvent(partitions, id))?.status === 'handled', 60_000);
  await eventually(async () => (await braked.brake()) === undefined);
  expect(new Set(runs).size).toBe(runs.length);
  expect(await openDeadLetters(partitions).count()).toBe(0);
}

describe('a worker that dies', () => {
  it('in any phase leaves the brake on, and another one takes it off', async () => {
    // Side by side: each waits for the brake's own times.
    const ended = await Promise.all(
      Object.keys(PHASES).map(async (phase) => {
        const braked = new Braked();
        return dieIn(phase, braked)
          .catch((error: unknown) => ({ phase, error }))
          .finally(() => braked.close());
      }),
    );
    expect(ended.filter((failure) => failure !== undefined)).toEqual([]);
  }, 150_000);
});
