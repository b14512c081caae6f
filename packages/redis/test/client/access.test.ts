import { findRedisServer, freePort } from '@hookline/local-redis';
import { NO_LOG, type RedisTarget } from '@hookline/core';
import {
  eventually,
  selfSigned,
  startOwnRedis,
  TEST_CERTIFICATES,
  uniquePrefix,
  type OwnRedis,
} from '@hookline/rig';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { connect } from '../../src/client/connection.ts';
import { openSystem } from '../../src/index.ts';

const SECRET = 'pass,word:of@the/test';
const host = '127.0.0.1';
const folder = mkdtempSync(join(tmpdir(), 'hookline-access-'));
const children: ChildProcess[] = [];
let redis: OwnRedis;
const proxies: Server[] = [];
/** Ports: of the server and the sentinel where they speak TLS, and of what the rig has no word for. */
let redisTls: number;
let sentinelTls: number;
let sentinel: number;
let cluster: number;
let namedCluster: number;
let namedClusterTls: number;

const KEY = createPrivateKey(TEST_CERTIFICATES.key);
/** For that name, and for no address. */
const NAMED = selfSigned('localhost', { privateKey: KEY, publicKey: createPublicKey(KEY) });

/** Where what listens there can be spoken to over TLS. */
async function secured(cert: string, port: () => number): Promise<number> {
  const server = createServer({ cert, key: TEST_CERTIFICATES.key }, (near) => {
    const far = dial(port(), host);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  proxies.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** Starts a server that the rig has no word for, and waits until it listens. */
async function start(
  name: string,
  lines: (port: number) => readonly string[],
  ...args: string[]
): Promise<number> {
  const server = await findRedisServer({ dataDir: folder, env: process.env, onProgress: () => undefined });
  const port = await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, [`port ${port}`, `bind ${host}`, `dir ${folder}`, ...lines(port), ''].join('\n'));
  children.push(spawn(server.path, [file, ...args], { env: server.env, stdio: 'ignore' }));
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = dial(port, host, () => resolve(true)).on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
      }),
  );
  return port;
}

/** Whether a command of ours gets an answer there. */
async function answer(target: RedisTarget): Promise<string> {
  const connection = connect(target, 'worker');
  try {
    return await connection.set('access', 'yes');
  } finally {
    connection.disconnect();
  }
}

beforeAll(async () => {
  redis = await startOwnRedis();
  const { port, password } = new URL(redis.url);
  const admin = connect({ kind: 'url', url: redis.url }, 'worker');
  await admin.call('ACL', 'SETUSER', 'ours', 'on', `>${SECRET}`, '~*', '&*', '+@all');
  admin.disconnect();
  redisTls = await secured(TEST_CERTIFICATES.local, () => Number(port));
  sentinelTls = await secured(TEST_CERTIFICATES.local, () => sentinel);
  sentinel = await start(
    'sentinel',
    () => [
      `sentinel monitor mymaster ${host} ${port} 1`,
      `sentinel auth-pass mymaster ${password}`,
      // It does not speak TLS itself, and tells whoever asks where that is spoken.
      `sentinel monitor secured ${host} ${redisTls} 1`,
      `requirepass "${SECRET}"`,
      'user watch on >of-the-watch ~* &* +@all',
    ],
    '--sentinel',
  );
  cluster = await start('cluster', () => [
    'cluster-enabled yes',
    'cluster-config-file nodes-access.conf',
    `cluster-announce-ip ${host}`,
    `requirepass "${SECRET}"`,
  ]);
  const node = connect(
    { kind: 'url', url: `redis://${host}:${cluster}`, login: { password: SECRET } },
    'worker',
  );
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  node.disconnect();
  const announced = await secured(NAMED, () => namedCluster);
  namedCluster = await start('named-cluster', () => [
    'cluster-enabled yes',
    'cluster-config-file nodes-named.conf',
    'cluster-announce-hostname localhost',
    'cluster-preferred-endpoint-type hostname',
    `cluster-announce-port ${announced}`,
  ]);
  const named = connect({ kind: 'url', url: `redis://${host}:${namedCluster}` }, 'worker');
  await named.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  named.disconnect();
  namedClusterTls = announced;
}, 60_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const proxy of proxies) proxy.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a Redis that lets nobody in without a word', () => {
  const login = { username: 'ours', password: SECRET };
  const url = () => `redis://${host}:${new URL(redis.url).port}`;
  const tlsUrl = (scheme: string) => `${scheme}://${host}:${redisTls}`;
  const tls = { ca: TEST_CERTIFICATES.local };
  const atSentinel = (): RedisTarget => ({
    kind: 'sentinel',
    name: 'mymaster',
    sentinels: [{ host, port: sentinel }],
    login,
    sentinelLogin: { password: SECRET },
  });

  it('was reached with user and password in a URL only: now beside one, as they are written', async () => {
    expect(await answer({ kind: 'url', url: url(), login })).toBe('OK');
  });

  it('is reached over TLS with an authority of its own, by either spelling', async () => {
    expect(await answer({ kind: 'url', url: tlsUrl('redis'), login, tls })).toBe('OK');
    expect(await answer({ kind: 'url', url: tlsUrl('rediss'), login, tls })).toBe('OK');
  });

  it('is reached through a sentinel with a password of its own', async () => {
    expect(await answer(atSentinel())).toBe('OK');
  });

  const atSecuredSentinel = (): RedisTarget => ({
    kind: 'sentinel',
    name: 'secured',
    sentinels: [{ host, port: sentinelTls }],
    login,
    tls,
    sentinelLogin: { username: 'watch', password: 'of-the-watch' },
    sentinelTls: tls,
  });

  it('is reached over TLS through a sentinel that speaks TLS and knows users', async () => {
    expect(await answer(atSecuredSentinel())).toBe('OK');
  });

  it('is reached over TLS through a sentinel that speaks none', async () => {
    const { sentinelTls: _, ...target } = {
      ...atSecuredSentinel(),
      sentinelTls: undefined,
      sentinels: [{ host, port: sentinel }],
    };
    expect(await answer(target)).toBe('OK');
  });

  it('is reached as a cluster whose certificates are for names, over TLS', async () => {
    const nodes = [{ host: 'localhost', port: namedClusterTls }];
    expect(await answer({ kind: 'cluster', nodes, tls: { ca: NAMED } })).toBe('OK');
  });

  it('is reached as a cluster', async () => {
    const login = { password: SECRET };
    expect(await answer({ kind: 'cluster', nodes: [{ host, port: cluster }], login })).toBe('OK');
  });

  it.each<readonly [string, () => RedisTarget]>([
    ['REDIS_PASSWORD', () => ({ kind: 'url', url: url() })],
    ['REDIS_PASSWORD', () => ({ kind: 'url', url: url(), login: { ...login, password: 'no' } })],
    ['REDIS_PASSWORD', () => ({ ...atSentinel(), login: { password: 'wrong' } })],
    ['REDIS_SENTINEL_PASSWORD', () => ({ ...atSentinel(), sentinelLogin: { password: 'wrong' } })],
    ['REDIS_SENTINEL_NAME', () => ({ ...atSentinel(), name: 'nobody' })],
    ['REDIS_PASSWORD', () => ({ kind: 'cluster', nodes: [{ host, port: cluster }] })],
    [
      'REDIS_PASSWORD',
      () => ({ kind: 'cluster', nodes: [{ host, port: cluster }], login: { password: 'wrong' } }),
    ],
    ['REDIS_CA', () => ({ ...atSecuredSentinel(), sentinelTls: { ca: TEST_CERTIFICATES.root } })],
    ['REDIS_SENTINEL_TLS', () => ({ ...atSecuredSentinel(), sentinels: [{ host, port: sentinel }] })],
    ['REDIS_SENTINEL_TLS', () => ({ ...atSentinel(), sentinels: [{ host, port: sentinelTls }] })],
    ['REDIS_CA', () => ({ ...atSecuredSentinel(), tls: { ca: TEST_CERTIFICATES.root } })],
    ['REDIS_CA', () => ({ kind: 'url', url: tlsUrl('redis'), login, tls: { ca: TEST_CERTIFICATES.root } })],
    ['REDIS_TLS', () => ({ kind: 'url', url: url(), login, tls })],
    [
      'REDIS_CLUSTER_NODES',
      () => ({ kind: 'cluster', nodes: [{ host, port: Number(new URL(url()).port) }], login }),
    ],
  ])('names %s when that is what it refuses', async (setting, target) => {
    const opening = openSystem({ layout: [{ target: target(), prefix: uniquePrefix() }], log: NO_LOG });
    await expect(opening).rejects.toThrow(new RegExp(`^${setting}: `));
  });
});
