import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { startCluster } from '../src/cluster.ts';
import { eventually } from '../src/eventually.ts';
import { startSentinelTrio } from '../src/sentinel.ts';

const PREFIX = '{ours}';
const LOGIN = { username: 'ours', password: 'pass,word:of@the/test' };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
});

describe('a cluster of a test', () => {
  it('keeps its keys through a failover, a death, a frozen master and a migration', async () => {
    const cluster = await startCluster();
    cleanups.push(() => cluster.stop());
    const redis = new Cluster([...cluster.target.nodes]);
    redis.on('error', () => undefined);
    cleanups.push(() => redis.disconnect());
    for (let key = 0; key < 50; key += 1) await redis.set(`${PREFIX}:${key}`, key);

    const first = await cluster.masterOf(PREFIX);
    await cluster.failover(PREFIX);
    const second = await cluster.masterOf(PREFIX);
    expect(second).not.toBe(first);
    await second.kill();
    await eventually(async () => (await cluster.masterOf(PREFIX)) === first);
    await second.restart();
    await cluster.settled();
    await expect(second.role()).resolves.toBe('replica');

    first.freeze();
    await eventually(async () => (await cluster.masterOf(PREFIX)) === second);
    first.thaw();
    await eventually(async () => (await first.role()) === 'replica');
    const third = await cluster.migrateSlot(PREFIX);
    expect(third).not.toBe(second);
    await cluster.settled();
    await expect(redis.get(`${PREFIX}:49`)).resolves.toBe('49');
    await expect(third.command('EXISTS', `${PREFIX}:7`)).resolves.toMatchObject({ text: '1' });
  }, 30_000);

  it('speaks TLS only, to who knows the user and the password', async () => {
    const cluster = await startCluster({ login: LOGIN, tls: true, replicasEach: 0 });
    cleanups.push(() => cluster.stop());
    const { nodes, tls } = cluster.target;
    const redis = new Cluster([...nodes], { redisOptions: { ...LOGIN, ...(tls && { tls }) } });
    cleanups.push(() => redis.disconnect());
    await redis.set(`${PREFIX}:key`, 'kept');
    await cluster.migrateSlot(PREFIX);
    await expect(redis.get(`${PREFIX}:key`)).resolves.toBe('kept');
    expect(cluster.env).toMatchObject({ REDIS_USERNAME: 'ours', REDIS_TLS: 'on' });
  }, 30_000);
});

describe('the sentinels of a test', () => {
  it.each([
    ['plainly', {}],
    ['over TLS, with users of their own', { login: LOGIN, sentinelLogin: { password: 'watch' }, tls: true }],
  ])(
    'replace a primary that dies, and one that is told to go, %s',
    async (_how, options) => {
      const trio = await startSentinelTrio(options);
      cleanups.push(() => trio.stop());
      const { target } = trio;
      const redis = new Redis({
        sentinels: [...target.sentinels],
        name: target.name,
        ...target.login,
        ...(target.tls && { tls: target.tls, enableTLSForSentinelMode: true }),
        ...(target.sentinelTls && { sentinelTLS: target.sentinelTls }),
        ...(target.sentinelLogin && { sentinelPassword: target.sentinelLogin.password }),
      });
      redis.on('error', () => undefined);
      cleanups.push(() => redis.disconnect());
      await redis.set('key', 'kept');
      await trio.settled();
      const first = await trio.primary();
      await trio.failover();
      const second = await trio.primary();
      expect(second).not.toBe(first);
      await trio.settled();
      await second.kill();
      await eventually(async () => (await trio.primary()) === first);
      await second.restart();
      await trio.settled();
      await expect(redis.get('key')).resolves.toBe('kept');
    },
    30_000,
  );

  it('leave nothing behind', async () => {
    const trio = await startSentinelTrio({ tls: true });
    const file = trio.env['REDIS_CA'] ?? '';
    expect(existsSync(file)).toBe(true);
    await trio.stop();
    await eventually(() => !existsSync(file));
  });
});
