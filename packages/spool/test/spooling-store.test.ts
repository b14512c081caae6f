import { describe, expect, it } from '@jest/globals';
import { isKept, type AcceptResult, type IncomingEvent, type TransferStore } from '@hookline/core';
import { createMemoryEventStore, eventStoreSuite } from '@hookline/testing';
import type { Spool } from '../src/spool.ts';
import { createSpoolingStore, type SpoolingStoreOptions } from '../src/spooling-store.ts';
import { countingCounters, eventOf, openTestSpool, silent, temporaryFolder } from './support.ts';

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

async function open(store: TransferStore, more: Partial<SpoolingStoreOptions> & { folder?: string } = {}) {
  const spool = more.spool ?? (await openTestSpool(more.folder ?? temporaryFolder()));
  const counters = countingCounters();
  const lines: string[] = [];
  const log = {
    ...silent,
    info: (line: string) => lines.push(line),
    warn: (line: string) => lines.push(line),
  };
  const spooling = createSpoolingStore({
    store,
    spool,
    counters,
    log,
    patience: 50,
    probeInterval: 5,
    batch: 8,
    ...more,
  });
  const close = async () => {
    await spooling.close();
    await spool.close();
  };
  return { spooling, spool, counts: counters.counts, lines, close };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 25_000; !holds();) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const kinds = (results: readonly AcceptResult[]) => results.map(({ kind }) => kind);
const idsOf = (events: readonly IncomingEvent[]) => events.map(({ providerId }) => providerId);

describe('an event store with a spool beside it', () => {
  const suite = eventStoreSuite(async () => {
    const { spooling, close } = await open(createMemoryEventStore());
    return { port: spooling, close };
  });
  for (const { name, check } of suite) it(name, check);
});

describe('a spooling store', () => {
  it('passes on what the store answers while it answers: accepted, duplicate, full', async () => {
    const memory = createMemoryEventStore();
    const { spooling, spool, close } = await open(memory);
    const same = eventOf('a');
    expect(kinds([await spooling.accept(same), await spooling.accept(same)])).toEqual([
      'accepted',
      'duplicate',
    ]);
    await close();
    const refuse = async () => ({ kind: 'full', reason: 'at 75 %' }) as const;
    const full = await open({ accept: refuse, transfer: refuse });
    expect(await full.spooling.accept(same)).toEqual({ kind: 'full', reason: 'at 75 %' });
    expect([spool.size, full.spool.size, full.spooling.state]).toEqual([0, 0, 'direct']);
    await full.close();
  });

  it.each(['down', 'hung'] as const)(
    'keeps events while the store is %s, asks it for no other than the oldest, and drains in order',
    async (state) => {
      const memory = createMemoryEventStore();
      const { spooling, spool, counts, lines, close } = await open(memory);
      await spooling.accept(eventOf('0'));
      memory.state = state;
      expect((await spooling.accept(eventOf('1'))).kind).toBe('spooled');
      expect(spooling.state).toBe('spooling');
      const results = await Promise.all(range(2, 60).map((id) => spooling.accept(eventOf(id))));
      expect(new Set(kinds(results))).toEqual(new Set(['spooled']));
      expect([spool.size, idsOf(memory.events)]).toEqual([59, ['0']]);
      memory.state = 'up';
      await until(() => spooling.state === 'direct');
      expect(idsOf(memory.events)).toEqual(range(0, 60));
      expect([spool.size, counts.spooled, counts.drained]).toEqual([0, 59, 59]);
      expect((await spooling.accept(eventOf('60'))).kind).toBe('accepted');
      expect(lines).toEqual([expect.stringContaining('go to the spool'), 'the spool is drained']);
      await close();
    },
  );

  it('drains what an earlier process left, before anything that comes later', async () => {
    const folder = temporaryFolder();
    const left = await openTestSpool(folder);
    for (const id of range(0, 5)) await left.append(eventOf(id));
    await left.close();
    const memory = createMemoryEventStore();
    const { spooling, close } = await open(memory, { folder });
    expect(spooling.state).toBe('spooling');
    await spooling.accept(eventOf('5'));
    await until(() => spooling.state === 'direct');
    expect(idsOf(memory.events)).toEqual(range(0, 6));
    await close();
  });

  it('lets nothing overtake the last batch while that is on its way', async () => {
    const folder = temporaryFolder();
    const spool = await openTestSpool(folder);
    for (const id of range(0, 4)) await spool.append(eventOf(id));
    const memory = createMemoryEventStore();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const slow: Spool = {
      folder: spool.folder,
      get size() {
        return spool.size;
      },
      get bytes() {
        return spool.bytes;
      },
      get oldest() {
        return spool.oldest;
      },
      append: (event) => spool.append(event),
      first: (count) => (count === 1 ? spool.first(1) : held.then(() => spool.first(count))),
      remove: (entries) => spool.remove(entries),
      postpone: (entry) => spool.postpone(entry),
      check: () => spool.check(),
      close: () => spool.close(),
    };
    const { spooling, close } = await open(memory, { spool: slow, patience: 10_000 });
    await until(() => spooling.state === 'catching-up');
    const late = spooling.accept(eventOf('4'));
    letGo();
    expect((await late).kind).toBe('accepted');
    expect(idsOf(memory.events)).toEqual(range(0, 5));
    await close();
  });

  it('goes back to direct under steady load', async () => {
    const memory = createMemoryEventStore();
    // New events wait half of the patience for the last batch, which takes a sync of the disk.
    const { spooling, close } = await open(memory, { batch: 64, patience: 5_000 });
    memory.state = 'down';
    const kept: string[] = [];
    let [next, sending] = [0, true];
    const load = Array.from({ length: 4 }, async () => {
      while (sending) {
        const id = String((next += 1));
        if (isKept(await spooling.accept(eventOf(id)))) kept.push(id);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    try {
      await until(() => next > 50);
      memory.state = 'up';
      await until(() => spooling.state === 'direct');
      const at = next;
      await until(() => next > at + 50);
    } finally {
      sending = false;
    }
    await Promise.all(load);
    await until(() => spooling.state === 'direct');
    const stored = new Set(idsOf(memory.events));
    expect(kept.filter((id) => !stored.has(id))).toEqual([]);
    await close();
  });

  it('says both causes when neither store nor spool takes an event', async () => {
    const memory = createMemoryEventStore();
    memory.state = 'down';
    const spool = await openTestSpool(temporaryFolder(), { limit: 10 });
    const { spooling, counts, close } = await open(memory, { spool });
    expect(await spooling.accept(eventOf('a'))).toEqual({
      kind: 'unavailable',
      reason: expect.stringMatching(/the store is down; the spool is full/),
    });
    expect(counts.refused).toBe(1);
    memory.state = 'up';
    await until(() => spooling.state === 'direct');
    expect((await spooling.accept(eventOf('a'))).kind).toBe('accepted');
    await close();
  });

  it('lets others pass one that is stuck, and keeps trying it', async () => {
    const memory = createMemoryEventStore();
    let isStuck = true;
    const picky: TransferStore = {
      accept: (event) => memory.accept(event),
      transfer: async (event) =>
        isStuck && ['0', '3'].includes(event.providerId)
          ? { kind: 'stuck', reason: 'too slow' }
          : memory.transfer(event),
    };
    const folder = temporaryFolder();
    const left = await openTestSpool(folder);
    for (const id of range(0, 20)) await left.append(eventOf(id));
    await left.close();
    const { spooling, spool, close } = await open(picky, { folder });
    const others = range(0, 20).filter((id) => !['0', '3'].includes(id));
    await until(() => spool.size === 2);
    expect(idsOf(memory.events)).toEqual(others);
    expect((await spooling.accept(eventOf('20'))).kind).toBe('spooled');
    await until(() => memory.events.length === 19);
    isStuck = false;
    await until(() => spooling.state === 'direct');
    expect(new Set(idsOf(memory.events))).toEqual(new Set(range(0, 21)));
    await close();
  });

  it('stops at the first event that the store does not take: none after it leaves the spool before it', async () => {
    const memory = createMemoryEventStore();
    let refused = 0;
    const picky: TransferStore = {
      accept: (event) => memory.accept(event),
      transfer: async (event) =>
        event.providerId === '5' && (refused += 1) < 4
          ? { kind: 'full', reason: 'no room' }
          : memory.transfer(event),
    };
    const folder = temporaryFolder();
    const left = await openTestSpool(folder);
    for (const id of range(0, 20)) await left.append(eventOf(id));
    await left.close();
    const { spooling, counts, close } = await open(picky, { folder });
    await until(() => spooling.state === 'direct');
    expect(new Set(idsOf(memory.events))).toEqual(new Set(range(0, 20)));
    expect([refused, counts.drained]).toEqual([4, 20]);
    await close();
  });
});
