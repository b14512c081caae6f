import type { Metric } from '@hookline/core';
import { describe, expect, it } from '@jest/globals';
import { createMemoryEventStore } from '@hookline/testing';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSpoolingStore } from '../src/open.ts';
import { eventOf, idsIn, openTestSpool, silent, temporaryFolder } from './support.ts';

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function gauges() {
  const read = new Map<string, () => unknown>();
  const counts = new Map<string, number>();
  return {
    values: () => Object.fromEntries([...read].map(([name, value]) => [name, value()])),
    counts,
    meter: {
      counter:
        ({ name }: Metric) =>
        (_?: unknown, by = 1) =>
          void counts.set(name, (counts.get(name) ?? 0) + by),
      histogram: () => () => undefined,
      gauge: ({ name }: Metric, value: () => unknown) => void read.set(name, value),
    },
  };
}

describe('several receivers on one disk', () => {
  it('have a folder each, and adopt what one of them left', async () => {
    const folder = temporaryFolder();
    const [one, two] = [createMemoryEventStore(), createMemoryEventStore()];
    const options = { folder, limit: 1_000_000, log: silent, adoptInterval: 10 };
    const first = await openSpoolingStore({ ...options, store: one });
    const second = await openSpoolingStore({ ...options, store: two });
    one.state = 'down';
    for (const id of ['1', '2', '3']) await first.accept(eventOf(id));
    expect(two.events).toEqual([]);
    await first.close();
    await until(() => two.events.length === 3);
    expect(two.events.map(({ providerId }) => providerId)).toEqual(['1', '2', '3']);
    await second.close();
    const left = await openTestSpool(join(folder, '0'));
    expect(await idsIn(left)).toEqual([]);
    await left.close();
    const third = await openSpoolingStore({ ...options, store: two });
    await third.close();
  });
});

describe('what is to be seen of a spool', () => {
  it('is how much is in it, and what went through it', async () => {
    const { meter, values, counts } = gauges();
    const store = createMemoryEventStore();
    store.state = 'down';
    const options = {
      folder: temporaryFolder(),
      limit: 1_000_000,
      log: silent,
      store,
      meter,
      now: () => 61_000,
    };
    const spooling = await openSpoolingStore(options);
    await spooling.accept(eventOf('1'));
    await spooling.accept(eventOf('2', { receivedAt: 2_000 }));
    expect(values()).toMatchObject({ hookline_spool_events: 2, hookline_spool_oldest_age_seconds: 60 });
    expect(values()['hookline_spool_bytes']).toBeGreaterThan(400);
    store.state = 'up';
    await until(() => spooling.state === 'direct');
    expect(values()).toMatchObject({
      hookline_spool_events: 0,
      hookline_spool_bytes: 0,
      hookline_spool_oldest_age_seconds: 0,
    });
    expect(Object.fromEntries(counts)).toEqual({
      hookline_spool_spooled_total: 2,
      hookline_spool_drained_total: 2,
    });
    await spooling.close();
  });
});

describe('a folder of a spool', () => {
  it('that is damaged is repaired: what is whole is kept', async () => {
    const folder = temporaryFolder();
    const spool = await openTestSpool(folder);
    await spool.append(eventOf('1'));
    await spool.close();
    writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-999999\n');
    const again = await openTestSpool(folder);
    expect(await idsIn(again)).toEqual(['1']);
    await again.close();
  });

  it('that cannot be one is an error that names it and the way out', async () => {
    const folder = join(temporaryFolder(), 'spool');
    mkdirSync(folder);
    writeFileSync(join(folder, '0'), 'a file');
    const opening = openSpoolingStore({ folder, limit: 1, log: silent, store: createMemoryEventStore() });
    await expect(opening).rejects.toThrow(
      /the spool .*spool\/0 cannot be opened \(.*\): let DATA_DIR .* or set SPOOL=off/,
    );
  });
});
