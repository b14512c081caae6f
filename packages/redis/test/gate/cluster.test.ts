import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Layout } from '@hookline/core';
import { eventually, eventuallyFits, startCluster, uniquePrefix, type RedisCluster } from '@hookline/rig';
import { connect, openEventStore, openJobs, readServer, type AckLevel } from '../../src/index.ts';
import { incoming, newJob, silent } from '../support.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster({ appendfsync: 'always', login: { password: 'of-the-cluster' } });
}, 60_000);
afterAll(() => cluster.stop());
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function opened(ack: AckLevel) {
  const prefix = uniquePrefix();
  const layout: Layout = [{ target: cluster.target, prefix }];
  const store = await openEventStore({ layout, ack, log: silent });
  const jobs = await openJobs({ layout, ack, log: silent, retention: 60_000 });
  closing.push(
    () => store.close(),
    () => jobs.close(),
  );
  await eventually(() => store.ping());
  return { prefix, store, jobs, accepts: async () => (await store.accept(incoming())).kind === 'accepted' };
}

describe('a receiver on a cluster', () => {
  it('asks the node that has its keys, for clusters of a client, too', async () => {
    const connection = connect(cluster.target, 'worker');
    connection.on('error', () => undefined);
    closing.push(() => connection.disconnect());
    for (let times = 0; times < 6; times += 1) {
      const prefix = uniquePrefix();
      const owner = await cluster.masterOf(prefix);
      const { kind, runId, replicas, appendFsync } = await readServer(connection, `${prefix}/x`, Date.now);
      const info = await owner.command('INFO', 'server');
      expect(JSON.stringify(info)).toContain(`run_id:${runId}`);
      expect([kind, replicas, appendFsync]).toEqual(['cluster', 1, 'always']);
    }
  });

  it('with ACK=fsync takes events and jobs', async () => {
    const { store, jobs } = await opened('fsync');
    expect((await store.accept(incoming())).kind).toBe('accepted');
    expect(await jobs.service.create([newJob('x', 1)])).toMatchObject({ kind: 'created' });
  });

  it('with ACK=replicated answers a 2xx only once the replica of its own node has it', async () => {
    const { prefix, store, jobs, accepts } = await opened('replicated');
    await eventually(accepts);
    expect(await jobs.service.create([newJob('x', 1)])).toMatchObject({ kind: 'created' });
    const replica = await cluster.replicaOf(prefix);
    replica.freeze();
    try {
      const late = incoming();
      expect(await store.accept(late)).toEqual({ kind: 'unavailable', reason: 'no replica has it yet' });
      await expect(jobs.service.create([newJob('x', 1)])).rejects.toThrow('no replica has it yet');
    } finally {
      replica.thaw();
    }
    await eventually(accepts);
  });

  it('follows its keys to the next master after a failover, and to another node when they move', async () => {
    const { prefix, accepts, jobs } = await opened('replicated');
    const create = () => jobs.service.create([newJob('x', 1)]);
    await eventually(accepts);
    await cluster.failover(prefix);
    await eventually(accepts);
    await cluster.migrateSlot(prefix);
    await eventually(accepts);
    // Their connection is one of its own: the first that is asked on it is refused, and has it look anew.
    await eventuallyFits(create, ({ kind }) => kind === 'created');
    const master = await cluster.masterOf(prefix);
    await master.kill();
    try {
      await eventually(async () => (await cluster.masterOf(prefix)) !== master);
    } finally {
      await master.restart();
    }
    await eventually(accepts);
  }, 60_000);

  it('refuses while its node has lost sight of most others, and goes on once it sees them', async () => {
    const { prefix, store, accepts } = await opened('memory');
    await eventually(accepts);
    const owner = await cluster.masterOf(prefix);
    const others = cluster.nodes.filter((node) => node !== owner);
    for (const node of others) node.freeze();
    try {
      const refusal = await eventuallyFits(
        () => store.accept(incoming()),
        ({ kind }) => kind !== 'accepted',
      );
      expect(refusal).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('CLUSTERDOWN') });
      const begun = performance.now();
      for (let times = 0; times < 50; times += 1) expect(await accepts()).toBe(false);
      expect((performance.now() - begun) / 50).toBeLessThan(100);
    } finally {
      for (const node of others) node.thaw();
    }
    await eventually(accepts);
  }, 60_000);
});
