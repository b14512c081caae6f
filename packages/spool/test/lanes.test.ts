import { describe, expect, it } from '@jest/globals';
import type { IncomingEvent, StoreLanes, TransferStore } from '@hookline/core';
import { createMemoryEventStore, type MemoryEventStore } from '@hookline/testing';
import { join } from 'node:path';
import { openSpoolingStore } from '../src/open.ts';
import { eventOf, idsIn, openTestSpool, silent, temporaryFolder } from './support.ts';

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A store of parts; the events `7`, `10` … of three parts are in the second. */
function laned(count: number) {
  const parts = Array.from({ length: count }, createMemoryEventStore);
  const of = ({ id }: { readonly id: string }) => Number(id.split('.')[1]) % count;
  const at = (event: IncomingEvent) => parts[of(event)] as MemoryEventStore;
  const lanes: StoreLanes = { names: parts.map((_, lane) => `${lane}of${count}`), of };
  const store: TransferStore = {
    accept: (event) => at(event).accept(event),
    transfer: (event) => at(event).transfer(event),
    ...(count > 1 && { lanes }),
  };
  const idsOf = (part: number) => (parts[part]?.events ?? []).map(({ providerId }) => Number(providerId));
  return { parts, store, idsOf, at: (part: number) => parts[part] as MemoryEventStore };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const every = (step: number, from: number, to: number) =>
  range(from, to).filter((id) => id % step === from % step);

function open(store: TransferStore, folder: string, limit = 1_000_000) {
  return openSpoolingStore({ store, folder, limit, log: silent, adoptInterval: 10 });
}

describe('a store whose parts are away by themselves', () => {
  it('goes on with the others, and drains what is of each in order, whatever another does', async () => {
    const { at, store, idsOf } = laned(3);
    const spooling = await open(store, temporaryFolder());
    at(1).state = 'down';
    at(2).state = 'down';
    const kinds: string[] = [];
    for (const id of range(0, 30)) kinds.push((await spooling.accept(eventOf(String(id)))).kind);
    expect(kinds.slice(0, 6)).toEqual(['accepted', 'spooled', 'spooled', 'accepted', 'spooled', 'spooled']);
    expect(idsOf(0)).toEqual(every(3, 0, 30));
    expect(spooling.state).toBe('spooling');
    at(2).state = 'up';
    await until(() => idsOf(2).length === 10);
    expect(idsOf(2)).toEqual(every(3, 2, 30));
    expect(idsOf(1)).toEqual([]);
    expect((await spooling.accept(eventOf('31'))).kind).toBe('spooled');
    at(1).state = 'up';
    await until(() => spooling.state === 'direct');
    expect(idsOf(1)).toEqual(every(3, 1, 32));
    await spooling.close();
  });

  it('has one limit for all of them', async () => {
    const { at, store } = laned(2);
    const bytes = 4_000;
    const spooling = await open(store, temporaryFolder(), bytes);
    at(0).state = 'down';
    at(1).state = 'down';
    const kinds: string[] = [];
    for (const id of range(0, 40)) kinds.push((await spooling.accept(eventOf(String(id)))).kind);
    const kept = kinds.filter((kind) => kind === 'spooled').length;
    expect(kept).toBeGreaterThan(5);
    expect(kept * 250).toBeLessThan(bytes);
    expect(new Set(kinds.slice(kept))).toEqual(new Set(['unavailable']));
    await spooling.close();
  });

  it.each([
    [1, 3],
    [3, 1],
    [3, 2],
    [2, 2],
  ])('gives what it left of %d parts to %d, before what comes later', async (before, after) => {
    const folder = temporaryFolder();
    const first = laned(before);
    for (const part of first.parts) part.state = 'down';
    const left = await open(first.store, folder);
    for (const id of range(0, 30)) await left.accept(eventOf(String(id)));
    await left.close();
    const then = laned(after);
    then.at(0).state = 'down';
    const spooling = await open(then.store, folder);
    for (const id of range(30, 36)) await spooling.accept(eventOf(String(id)));
    for (const part of range(1, after)) await until(() => then.idsOf(part).length === 36 / after);
    then.at(0).state = 'up';
    await until(() => spooling.state === 'direct');
    for (const part of range(0, after)) {
      const got = then.idsOf(part);
      expect(got).toHaveLength(36 / after);
      // What lay in different parts had no order among itself.
      for (const of of range(0, before)) {
        const those = got.filter((id) => id % before === of);
        expect(those).toEqual(those.toSorted((a, b) => a - b));
      }
      expect(Math.min(...got.filter((id) => id >= 30).map((id) => got.indexOf(id)))).toBe(
        got.filter((id) => id < 30).length,
      );
    }
    await spooling.close();
  });

  it('adopts what another process left, of its own parts as of others', async () => {
    const folder = temporaryFolder();
    const { at, store, idsOf } = laned(2);
    const own = await open(store, folder);
    const dead = laned(2);
    const deadUnlaned = laned(1);
    for (const part of [...dead.parts, ...deadUnlaned.parts]) part.state = 'down';
    const two = await open(dead.store, folder);
    const three = await open(deadUnlaned.store, folder);
    // The part that is away here holds up its own only.
    at(0).state = 'down';
    await own.accept(eventOf('0'));
    for (const id of range(10, 16)) await two.accept(eventOf(String(id)));
    for (const id of range(20, 26)) await three.accept(eventOf(String(id)));
    await two.close();
    await until(() => idsOf(1).length === 3);
    expect(idsOf(1)).toEqual([11, 13, 15]);
    await three.close();
    at(0).state = 'up';
    await until(() => idsOf(0).length === 7 && idsOf(1).length === 6);
    await own.close();
    const spool = await openTestSpool(join(folder, '2'));
    expect(await idsIn(spool)).toEqual([]);
    await spool.close();
  });
});
