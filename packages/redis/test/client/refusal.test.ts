import { createRegistry, NO_LOG, type RedisTarget } from '@hookline/core';
import { eventually, startOwnRedis, TEST_CERTIFICATES, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { connect as dial, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { connect, type Connection } from '../../src/client/connection.ts';
import { openEventStore, openJobs, openSystem, startWorker } from '../../src/index.ts';

let redis: OwnRedis;
let admin: Connection;
let behindTls: Server;
const opened: Connection[] = [];
beforeAll(async () => {
  redis = await startOwnRedis();
  admin = connect({ kind: 'url', url: redis.url }, 'worker');
  await admin.call('ACL', 'SETUSER', 'blind', 'on', '>of-the-blind', '~*', '+@all', '-info');
  const { port } = new URL(redis.url);
  behindTls = createServer({ cert: TEST_CERTIFICATES.tls, key: TEST_CERTIFICATES.key }, (near) => {
    const far = dial(Number(port), '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => behindTls.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  for (const connection of opened.splice(0)) connection.disconnect();
});
afterAll(async () => {
  admin.disconnect();
  behindTls.close();
  await redis.stop();
});

/** The Redis's address with something else in it. */
function address(change: (url: URL) => void): RedisTarget {
  const url = new URL(redis.url);
  change(url);
  return { kind: 'url', url: url.href };
}
const tlsPort = () => String((behindTls.address() as AddressInfo).port);

const OPENERS: readonly (readonly [string, (target: RedisTarget) => Promise<unknown>])[] = [
  [
    'the event store',
    (target) => openEventStore({ layout: [{ target, prefix: uniquePrefix() }], log: NO_LOG }),
  ],
  [
    'the jobs',
    (target) => openJobs({ layout: [{ target, prefix: uniquePrefix() }], retention: 1, log: NO_LOG }),
  ],
  [
    "the operators' look",
    (target) => openSystem({ layout: [{ target, prefix: uniquePrefix() }], log: NO_LOG }),
  ],
  [
    'a worker',
    (target) =>
      startWorker({
        layout: [{ target, prefix: uniquePrefix() }],
        registry: createRegistry({ handlers: [], jobs: [], schedules: [] }),
        queues: {},
        parsePayload: () => undefined,
        log: NO_LOG,
        concurrency: 1,
        retention: 1_000,
        jobRetention: 1_000,
        defaultTimeout: 1_000,
      }),
  ],
];

describe.each(OPENERS)('%s, opened on a Redis that refuses it', (_, open) => {
  it.each<readonly [string, () => RedisTarget, RegExp]>([
    [
      'a database that it does not have',
      () => address((url) => (url.pathname = '/99')),
      /^REDIS_URL: .*database.*DB index is out of range/,
    ],
    [
      'a wrong password',
      () => address((url) => (url.password = 'not-this-one')),
      /^REDIS_URL: .*refuses the user or the password.*WRONGPASS/,
    ],
    [
      'no password',
      () => address((url) => (url.password = '')),
      /^REDIS_PASSWORD: .*asks for a password.*NOAUTH/,
    ],
    [
      'a user that it does not know',
      () => address((url) => (url.username = 'nobody')),
      /^REDIS_URL: .*refuses the user/,
    ],
    [
      'TLS, which it does not speak',
      () => address((url) => (url.protocol = 'rediss:')),
      /^REDIS_URL: .*does not speak TLS/,
    ],
    [
      'an unprotected word, where it speaks TLS only',
      () => address((url) => (url.port = tlsPort())),
      /^REDIS_URL: .*speaks TLS only/,
    ],
    [
      'trust in a certificate of an unknown authority',
      () =>
        address((url) => {
          url.port = tlsPort();
          url.protocol = 'rediss:';
        }),
      /^REDIS_URL: the certificate .* is not trusted/,
    ],
  ])('says at boot that it is %s', async (_what, target, message) => {
    await expect(open(target())).rejects.toMatchObject({
      name: 'UnfitServerError',
      message: expect.stringMatching(message),
    });
  });
});

it('a user who may not ask the server what it is, is named by a worker and by a receiver', async () => {
  const target = address((url) => {
    url.username = 'blind';
    url.password = 'of-the-blind';
  });
  for (const name of ['the event store', 'a worker']) {
    const open = OPENERS.find(([opener]) => opener === name)?.[1];
    await expect(open?.(target)).rejects.toThrow(/^REDIS_URL: the user may not .*NOPERM/);
  }
});

it('no command ever runs in database 0 for want of another, nor over the connection that a worker waits on', async () => {
  const target = address((url) => (url.pathname = '/99'));
  const connection = connect(target, 'worker');
  if (!(connection instanceof Redis)) throw new Error('no connection to one server');
  const second = connection.duplicate();
  opened.push(connection, second);
  const errors: string[] = [];
  for (const each of opened) each.on('error', (error: Error) => errors.push(error.message));
  void connection.set('refusal:first', 1).catch(() => undefined);
  void second.set('refusal:second', 1).catch(() => undefined);
  await eventually(async () => errors.length > 6);
  expect(await admin.exists('refusal:first', 'refusal:second')).toBe(0);
});
