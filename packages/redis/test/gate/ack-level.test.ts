import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import {
  connect,
  openEventStore,
  openJobs,
  type AckLevel,
  type Connection,
  type RedisEventStore,
} from '../../src/index.ts';
import { durabilityOf } from '../../src/gate/ack-level.ts';
import { openCommitBarrier } from '../../src/gate/commit-barrier.ts';
import { readServer, type ServerFacts } from '../../src/client/server-facts.ts';
import { incoming, newJob, silent } from '../support.ts';

const PREFIX = '{own}';

let redis: OwnRedis;
let direct: Connection;
beforeAll(async () => {
  redis = await startOwnRedis();
  direct = connect(target(), 'worker');
});
const stores: RedisEventStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(async () => {
  direct.disconnect();
  await redis.stop();
});

function target(of = redis) {
  return { kind: 'url', url: of.url } as const;
}

/** A store at a level, with what it has warned of. */
async function opened(ack: AckLevel) {
  const warnings: string[] = [];
  const log = { ...silent, warn: (message: string) => void warnings.push(message) };
  const store = await openEventStore({ layout: [{ target: target(), prefix: PREFIX }], ack, log });
  stores.push(store);
  return { store, warnings };
}

function facts(): Promise<ServerFacts> {
  return readServer(direct, '{own}/fence', Date.now);
}

async function knowsWaitAof(): Promise<boolean> {
  const known = await facts();
  return known.kind === 'single' && known.hasWaitAof;
}

describe('what a server can promise', () => {
  const always: ServerFacts = {
    kind: 'single',
    runId: 'a',
    replicas: 1,
    clockSkew: 0,
    memory: {
      used: 0,
      limit: 0,
      policy: 'noeviction',
    },
    appendOnly: true,
    appendFsync: 'always',
    syncsDuringRewrite: true,
    hasWaitAof: false,
  };
  const later = { ...always, hasWaitAof: true };

  it.each([
    ['always syncs before it answers', always, 'at-once'],
    ['always, but not during a rewrite', { ...always, syncsDuringRewrite: false }, 'impossible'],
    [
      'always, but not during a rewrite, with WAITAOF',
      { ...later, syncsDuringRewrite: false },
      'after-barrier',
    ],
    ['everysec', { ...always, appendFsync: 'everysec' }, 'impossible'],
    ['everysec with WAITAOF', { ...later, appendFsync: 'everysec' }, 'after-barrier'],
    ['no', { ...later, appendFsync: 'no' }, 'impossible'],
    ['no append-only file', { ...later, appendOnly: false }, 'impossible'],
    ['a configuration that may not be read', { ...always, appendFsync: undefined }, 'impossible'],
    ['the same with WAITAOF', { ...later, appendFsync: undefined }, 'after-barrier'],
  ] as const)('fsync: %s', (_, found, kind) => {
    const durability = durabilityOf('fsync', found);
    expect(durability.kind).toBe(kind);
    if (durability.kind === 'impossible') expect(durability.reason).toContain('ACK=memory');
  });
});

describe('ACK=fsync', () => {
  it('reads from a real server that it syncs always', async () => {
    expect(await facts()).toMatchObject({
      kind: 'single',
      appendOnly: true,
      appendFsync: 'always',
      syncsDuringRewrite: true,
      replicas: 0,
      runId: expect.stringMatching(/^\w{40}$/),
    });
    const { store, warnings } = await opened('fsync');
    expect((await store.accept(incoming())).kind).toBe('accepted');
    expect(warnings).toEqual([]);
  });

  it('is refused at boot, with cause and cure, by a server without an append-only file', async () => {
    await direct.config('SET', 'appendonly', 'no');
    try {
      const refused = {
        name: 'UnfitServerError',
        message: expect.stringContaining('config set appendonly yes'),
      };
      await expect(opened('fsync')).rejects.toMatchObject(refused);
      const jobs = openJobs({
        layout: [{ target: target(), prefix: PREFIX }],
        retention: 1,
        ack: 'fsync',
        log: silent,
      });
      await expect(jobs).rejects.toMatchObject(refused);
    } finally {
      await direct.config('SET', 'appendonly', 'yes');
    }
  });

  it('with everysec waits for the disk where the server can be asked, and is refused where it cannot', async () => {
    await direct.config('SET', 'appendfsync', 'everysec');
    try {
      if (!(await knowsWaitAof())) {
        await expect(opened('fsync')).rejects.toThrow('config set appendfsync always');
        return;
      }
      const { store, warnings } = await opened('fsync');
      expect(warnings.join()).toContain('config set appendfsync always');
      const event = incoming();
      await eventually(async () => ['accepted', 'duplicate'].includes((await store.accept(event)).kind));

      // Nobody syncs any more, so nothing may be answered 2xx, nor the second copy of it.
      await direct.config('SET', 'appendfsync', 'no');
      const late = incoming();
      expect((await store.accept(late)).kind).toBe('unavailable');
      expect((await store.accept(late)).kind).toBe('unavailable');
      await direct.config('SET', 'appendfsync', 'everysec');
      await eventually(async () => (await store.accept(late)).kind === 'duplicate');
    } finally {
      await direct.config('SET', 'appendfsync', 'always');
    }
  });
});

describe('ACK=replicated', () => {
  it('is a 2xx only with a replica that has it, for events, their copies and jobs', async () => {
    const replica = await startOwnRedis();
    const copy = connect(target(replica), 'worker');
    const { hostname, port, password } = new URL(redis.url);
    const { store, warnings } = await opened('replicated');
    const jobs = await openJobs({
      layout: [{ target: target(), prefix: PREFIX }],
      retention: 60_000,
      log: silent,
      ack: 'replicated',
    });
    try {
      expect(warnings.join()).toContain('no replica is connected');
      const early = incoming();
      expect(await store.accept(early)).toMatchObject({
        kind: 'unavailable',
        reason: 'no replica has it yet',
      });

      await copy.config('SET', 'masterauth', password);
      await copy.call('REPLICAOF', hostname, port);
      await eventually(async () => (await store.accept(early)).kind === 'duplicate');
      const event = incoming();
      expect((await store.accept(event)).kind).toBe('accepted');
      expect(await copy.exists(`${PREFIX}/event/${event.id}`)).toBe(1);
      expect(await jobs.service.create([newJob('x', 1)])).toMatchObject({ kind: 'created' });

      replica.freeze();
      const cutOff = incoming();
      expect((await store.accept(cutOff)).kind).toBe('unavailable');
      expect((await store.accept(cutOff)).kind).toBe('unavailable');
      await expect(jobs.service.create([newJob('x', 1)])).rejects.toThrow('no replica has it yet');
      replica.thaw();
      await eventually(async () => (await store.accept(cutOff)).kind === 'duplicate');
    } finally {
      jobs.close();
      copy.disconnect();
      await replica.stop();
    }
  });
});

describe('the commit barrier', () => {
  it('asks once for many, and says nothing of what another server had answered', async () => {
    const replica = await startOwnRedis();
    const copy = connect(target(replica), 'worker');
    const { hostname, port, password } = new URL(redis.url);
    await copy.config('SET', 'masterauth', password);
    await copy.call('REPLICAOF', hostname, port);
    const barrier = openCommitBarrier(target(), '{own}/fence', 'WAIT');
    const known = await facts();
    const runId = known.kind === 'single' ? known.runId : '';
    try {
      await eventually(() => barrier.confirm(runId, 300));
      const before = await waits();
      await Promise.all(Array.from({ length: 200 }, () => barrier.confirm(runId, 10_000)));
      expect((await waits()) - before).toBeLessThan(50);
      await expect(barrier.confirm('0'.repeat(40), 10_000)).rejects.toThrow('restarted or replaced');
    } finally {
      barrier.close();
      copy.disconnect();
      await replica.stop();
    }
  });

  async function waits(): Promise<number> {
    return Number(/^cmdstat_wait:calls=(\d+)/m.exec(await direct.info('commandstats'))?.[1] ?? 0);
  }
});
