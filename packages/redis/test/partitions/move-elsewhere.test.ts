import { afterEach, describe, expect, test } from '@jest/globals';
import { layoutOf, type Layout, type RedisTarget } from '@hookline/core';
import { startCluster, startOwnRedis, uniquePrefix } from '@hookline/rig';
import { changePartitions, openPartitions } from '../../src/index.ts';
import { silent } from '../support.ts';
import { dumpOf } from './dump.ts';
import { definitions, fill } from './everything.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const change = (layout: Layout) => changePartitions({ layout, timeout: 20_000, tell: () => undefined });

async function dump(layout: Layout) {
  const partitions = openPartitions(layout, 'worker', silent);
  try {
    return await dumpOf(partitions);
  } finally {
    partitions.close();
  }
}

/** The order of a list is one over all partitions only where it is one list. */
function unordered(all: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map((each) => JSON.stringify(each)).toSorted() : value,
    ]),
  );
}

async function ownTarget(): Promise<RedisTarget> {
  const own = await startOwnRedis();
  ends.push(() => own.stop());
  return { kind: 'url', url: own.url };
}

describe('everything moves', () => {
  test('over the nodes of a cluster, and back', async () => {
    const cluster = await startCluster();
    ends.push(() => cluster.stop());
    const prefix = uniquePrefix();
    const of = (count: number) => layoutOf([cluster.target], prefix, count);
    await fill(
      of(1),
      definitions(new Map(), () => false),
    );
    const before = unordered(await dump(of(1)));
    for (const count of [4, 1]) {
      expect(await change(of(count))).toBe('changed');
      expect(unordered(await dump(of(count)))).toEqual(before);
    }
  }, 120_000);

  test('to more Redis, and not to fewer', async () => {
    const [a, b] = [await ownTarget(), await ownTarget()];
    const prefix = uniquePrefix();
    const one = layoutOf([a], prefix, 1);
    await fill(
      one,
      definitions(new Map(), () => false),
    );
    const before = unordered(await dump(one));
    const layouts = [layoutOf([a], prefix, 4), layoutOf([a, b], prefix, 4), layoutOf([a, b], prefix, 3)];
    for (const layout of layouts) {
      expect(await change(layout)).toBe('changed');
      expect(unordered(await dump(layout))).toEqual(before);
    }
    await expect(change(layoutOf([b, a], prefix, 4))).rejects.toThrow(/name those that belong together/);
    await expect(change(one)).rejects.toThrow(/the partitions lie on 2 Redis, and 1 is named/);
  }, 120_000);
});
