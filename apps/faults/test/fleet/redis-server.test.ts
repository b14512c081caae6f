import { eventually } from '@hookline/rig';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis, type StandaloneRedis } from '../../src/fleet/redis-server.ts';
import { isRunning, timeOf } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-faulty-redis-'));

describe('a Redis that faults befall', () => {
  let redis: StandaloneRedis;
  beforeAll(async () => {
    redis = await startRedis({ dir: join(folder, 'one'), env: process.env });
  });
  afterAll(() => redis.stop());

  it('keeps its data and its port over kill -9, and takes a torn tail', async () => {
    const { pid, port } = redis;
    await redis.command('set', 'kept', 'yes');
    await redis.kill();
    expect(isRunning(pid)).toBe(false);
    expect(redis.alive).toBe(false);
    await expect(redis.command('ping')).rejects.toThrow('is dead');
    redis.tearTail();

    await redis.restart();
    await redis.loaded();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command('info', 'server')).toContain(`process_id:${redis.pid}`);
    expect(await redis.command('get', 'kept')).toBe('yes');
    expect(readFileSync(join(redis.dir, 'redis.log'), 'utf8')).toMatch(/truncat/i);
  });

  it('loads a flipped byte as if nothing were', async () => {
    await redis.command('set', 'flipped', 'marker-aaaa');
    expect(() => redis.flipByteIn(Buffer.from('marker-'), 7)).toThrow('runs');
    await redis.kill('SIGTERM');
    expect(() => redis.flipByteIn(Buffer.from('nowhere to be found'))).toThrow('nowhere to be found');
    redis.flipByteIn(Buffer.from('marker-'), 7);
    await redis.restart();
    await redis.loaded();
    expect(await redis.command('get', 'flipped')).toBe('marker-`aaa');
  });

  it('says LOADING for as long as it is told to', async () => {
    await redis.command('eval', "for i = 1, 12000 do redis.call('set', 'k' .. i, i) end", 0);
    redis.slowLoading(60);
    await redis.restart();
    await expect(redis.command('get', 'k1')).rejects.toThrow('LOADING');
    await redis.loaded();
    expect(await redis.command('get', 'k12000')).toBe('12000');
    redis.slowLoading(0);
  });

  it('freezes, sleeps and pauses', async () => {
    redis.freeze();
    await expect(redis.command('ping')).rejects.toThrow('is frozen');
    redis.thaw();
    expect(await redis.command('ping')).toBe('PONG');

    for (const slow of [() => redis.sleepFor(0.8), () => redis.pauseClients(800, 'ALL')]) {
      await slow();
      await eventually(async () => (await timeOf(() => redis.command('ping'))) > 300);
    }
    await redis.pauseClients(60_000, 'WRITE');
    expect(await redis.command('get', 'kept')).toBe('yes');
    await expect(redis.command('set', 'kept', 'no')).rejects.toThrow('timed out');
    await redis.command('client', 'unpause');
  });

  it('is full at a limit, and has room again without one', async () => {
    const limit = await redis.setMaxMemory('used+1mb');
    expect(limit).toBeGreaterThan(1_000_000);
    const big = Buffer.alloc(100_000);
    const fill = async () => {
      for (let i = 0; i < 30; i += 1) await redis.command('set', `big${i}`, big);
    };
    await expect(fill()).rejects.toThrow('OOM');
    expect(await redis.setMaxMemory(0)).toBe(0);
    await fill();
  });

  it('cuts every connection', async () => {
    const client = new Redis(redis.port, { retryStrategy: () => null });
    await client.ping();
    const closed = new Promise((resolve) => client.once('end', resolve));
    expect(await redis.killClients()).toBe(1);
    await closed;
    client.disconnect();
  });

  it('exits on a full disk, and stands up when there is room', async () => {
    await redis.limitDisk(4_096);
    const fill = async () => {
      for (let i = 0; i < 100; i += 1) await redis.command('set', `disk${i}`, 'x'.repeat(500));
    };
    await expect(fill()).rejects.toThrow();
    await redis.ended();
    await redis.restart();
    await redis.loaded();
    await fill();
  });

  it('hands over to a replica, and the old primary follows it from then on', async () => {
    const replica = await redis.addReplica();
    await redis.command('set', 'before', 'failover');
    const primary = await redis.failover();
    expect(primary.port).toBe(replica.port);
    expect(await primary.command('get', 'before')).toBe('failover');
    await expect(redis.command('set', 'a', 'b')).rejects.toThrow('READONLY');

    await redis.restart();
    await redis.loaded();
    expect(await redis.command('role')).toEqual(expect.arrayContaining(['slave']));
    expect((await primary.failover()).port).toBe(redis.port);
    await redis.command('set', 'back', 'again');

    const pids = [redis.pid, replica.pid];
    await redis.stop();
    expect(pids.map(isRunning)).toEqual([false, false]);
  });
});

describe('a Redis that syncs every second', () => {
  it('refuses writes while the disk is full, and takes them again', async () => {
    const redis = await startRedis({
      dir: join(folder, 'everysec'),
      env: process.env,
      config: { appendfsync: 'everysec' },
    });
    try {
      await redis.limitDisk(2_000);
      const fill = () => redis.command('set', 'disk', 'x'.repeat(1_000));
      await eventually(() =>
        fill().then(
          () => false,
          (error: unknown) => String(error).includes('MISCONF'),
        ),
      );
      await redis.freeDisk();
      await eventually(async () => (await fill()) === 'OK');
      expect(redis.alive).toBe(true);
    } finally {
      await redis.stop();
    }
  });
});
