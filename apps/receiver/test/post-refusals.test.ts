import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { NO_LOG, type RefusedRequest } from '@hookline/core';
import { RefusalSample } from '@hookline/http';
import {
  connect,
  createPartition,
  createPartitions,
  openEventStore,
  unrecordedRefusals,
  type Connection,
  type RedisEventStore,
} from '@hookline/redis';
import { eventually, startOwnRedis, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { postRefusals } from '../src/post-refusals.ts';

let server: OwnRedis;
let store: RedisEventStore;
let redis: Connection;
const prefix = uniquePrefix();

beforeEach(async () => {
  server = await startOwnRedis();
  const target = { kind: 'url', url: server.url } as const;
  store = await openEventStore({ layout: [{ target, prefix }], log: NO_LOG });
  redis = connect(target, 'worker');
  redis.on('error', () => undefined);
  await eventually(() => store.ping());
});
afterEach(async () => {
  await store.close();
  redis.disconnect();
  await server.stop();
});

const refused = (at: number): RefusedRequest => ({
  at,
  source: 'stripe',
  provider: 'stripe',
  status: 401,
  reason: 'mismatch',
  likely: undefined,
  headers: { host: 'x' },
  excerpt: Buffer.from([1, 0, 255]),
  bytes: 3,
  suppressed: 0,
  peer: '203.0.113.9',
});

it('sends a flood of refusals in one call, and loses none of their number while Redis is away', async () => {
  const sample = new RefusalSample();
  const noted = (count: number) => {
    for (let at = 0; at < count; at += 1) sample.note('stripe mismatch', () => refused(at));
  };
  const told = async () => {
    const all = await unrecordedRefusals(createPartitions([createPartition(redis, prefix)]), 1_000);
    return { all, sum: all.reduce((sum, { suppressed }) => sum + 1 + suppressed, 0) };
  };
  let calls = 0;
  const counting = {
    noteRefusals: (refusals: readonly RefusedRequest[]) => {
      calls += 1;
      return store.noteRefusals(refusals);
    },
  };
  noted(5_000);
  const posting = postRefusals(sample, counting, 50);
  await eventually(async () => (await told()).sum === 5_000);
  const { all } = await told();
  expect([all.length, calls]).toEqual([20, 1]);
  expect(all[0]).toMatchObject({ ...refused(19), suppressed: 4_980 });
  await server.kill();
  noted(30);
  await eventually(() => calls > 3);
  noted(7);
  await server.restart();
  await eventually(async () => (await told()).sum === 5_037);
  noted(3);
  await posting.stop();
  expect((await told()).sum).toBe(5_040);
});

it.each(['is on its way', 'failed'])('sends at its end what was refused while a call %s', async (how) => {
  const sample = new RefusalSample();
  const told: number[] = [];
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let calls = 0;
  const slow = {
    async noteRefusals(refusals: readonly RefusedRequest[]) {
      calls += 1;
      await answered;
      if (calls === 1 && how === 'failed') throw new Error('away');
      told.push(...refusals.map(({ at }) => at));
    },
  };
  sample.note('stripe mismatch', () => refused(1));
  const posting = postRefusals(sample, slow, 5);
  await eventually(async () => calls === 1);
  sample.note('stripe mismatch', () => refused(2));
  const stopped = posting.stop();
  answer();
  await stopped;
  expect(told).toEqual([1, 2]);
});
