import { eventually } from '@hookline/rig';
import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisCommand } from '../../src/fleet/redis-command.ts';
import { openSetup } from '../../src/setups/open-setup.ts';
import type { Setup, SetupName } from '../../src/setups/setup.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-setups-'));
const PATIENCE_MS = 120_000;

async function withSetup(name: SetupName, use: (setup: Setup) => Promise<void>): Promise<void> {
  const own = join(folder, name);
  const setup = await openSetup(name, { folder: own, env: process.env, config: {}, throughProxy: true });
  try {
    await use(setup);
  } finally {
    await setup.stop();
  }
}

/** A command to the server, sent as the product's processes reach it. */
function through(setup: Setup, server: { readonly port: number }, name: string): Promise<unknown> {
  const port = setup.proxies?.of(server).port ?? 0;
  return redisCommand({ port, name, args: [], patience: 500 });
}

describe('a set-up', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('of one Redis has one partition, or four', async () => {
    await withSetup('single', async (setup) => {
      expect([setup.prefixes, setup.servers.length]).toEqual([['{faults}'], 1]);
      expect(setup.env['PARTITIONS']).toBeUndefined();
    });
    await withSetup('partitions', async (setup) => {
      expect(setup.prefixes).toEqual(['{faults:0}', '{faults:1}', '{faults:2}', '{faults:3}']);
      expect(setup.env['PARTITIONS']).toBe('4');
      expect(await setup.masterOf(3)).toBe(await setup.masterOf(0));
    });
  });

  it('of several Redis has its partitions on them in turns', async () => {
    await withSetup('urls', async (setup) => {
      const masters = await Promise.all([0, 1, 2, 3].map((partition) => setup.masterOf(partition)));
      expect(masters).toEqual([setup.servers[0], setup.servers[1], setup.servers[0], setup.servers[1]]);
      expect(setup.env['REDIS_URLS']?.split(',')).toHaveLength(2);
    });
  });

  it.each(['cluster', 'sentinel'] as const)(
    'of a %s has another server lead when one is killed, and is reached through the network that can be cut',
    async (name) => {
      await withSetup(name, async (setup) => {
        const partition = 2;
        const first = await setup.masterOf(partition);
        expect(await through(setup, first, 'PING')).toBe('PONG');
        // What tells programs of it names no server behind its back.
        const named = JSON.stringify(setup.env);
        for (const { port } of setup.servers) expect(named).not.toContain(`:${port}`);
        setup.proxies?.of(first).set({ kind: 'halfOpen' });
        await expect(through(setup, first, 'PING')).rejects.toThrow(/timed out|Connection is closed/);
        setup.proxies?.set({ kind: 'pass' });
        await setup.settled();

        const killed = await setup.masterOf(partition);
        await killed.kill();
        expect(killed.alive).toBe(false);
        await setup.succession?.takenOver(partition, killed);
        const next = await setup.masterOf(partition);
        expect(next).not.toBe(killed);
        await killed.restart();
        await killed.loaded();
        await setup.succession?.whole();

        await setup.succession?.handOver(partition);
        expect(await setup.masterOf(partition)).toBe(killed);
        await setup.moveSlot?.(partition);
        await eventually(() => setup.settled().then(() => true));
      });
      expect(existsSync(join(folder, name, 'redis'))).toBe(true);
    },
    PATIENCE_MS,
  );
});
