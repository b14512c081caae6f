import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { removeRetiredIndexes } from '../../src/maintenance/retired-indexes.ts';
import { incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

it('takes away the lists that an earlier version kept for people, and nothing else', async () => {
  const store = await bench.store();
  await store.accept(incoming());
  const before = (await bench.redis.keys(`${bench.prefix}*`)).toSorted();
  for (const list of [
    '',
    '/source/stripe',
    '/source/github',
    '/type/a.b',
    '/status/handled',
    '/status/unhandled',
  ])
    await bench.redis.zadd(`${bench.prefix}/events${list}`, 1, 'stripe.evt_1');
  expect(await removeRetiredIndexes(bench.partition)).toBe(6);
  expect((await bench.redis.keys(`${bench.prefix}*`)).toSorted()).toEqual(before);
  expect(await removeRetiredIndexes(bench.partition)).toBe(0);
});
