import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_BRAKE, DEFAULT_HANDLER_RETRY } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import { brakedHandlers, findEvent, openDeadLetters } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const OUTAGE_MS = 3 * 3_600_000;
/** A second of the test is twelve minutes of the worker's clock; 50 events a second are brought down to as few. */
const TICK_MS = 50;
const TICK_AHEAD_MS = 36_000;
const EVENTS_IN_TICK = 2;

describe('a downstream that is dead for three hours while events come in', () => {
  it('costs no event its attempts: all are handled when it is back, and of what waits a twentieth at most in the first second', async () => {
    const store = await bench.store();
    let [ahead, isUp] = [0, false];
    const begun: { readonly at: number; readonly id: string; readonly attempt: number }[] = [];
    const charge = handler(
      'charge',
      ({ id }, { attempt }) => {
        begun.push({ at: performance.now(), id, attempt });
        if (!isUp) throw new Error('connect ECONNREFUSED 10.0.0.7:443');
      },
      { brake: DEFAULT_BRAKE, retry: DEFAULT_HANDLER_RETRY },
    );
    await bench.work({ handlers: [charge], now: () => Date.now() + ahead, brakeInterval: 100 });
    const ids: string[] = [];
    const accept = async (count: number) => {
      const events = Array.from({ length: count }, () => incoming());
      ids.push(...events.map(({ id }) => id));
      await Promise.all(events.map((event) => store.accept(event)));
    };
    const brake = async () => (await brakedHandlers(bench.partitions)).get('charge');

    await accept(30);
    await eventually(async () => (await brake()) !== undefined);
    const spent = begun.length;
    while (ahead < OUTAGE_MS) {
      ahead += TICK_AHEAD_MS;
      await Promise.all([accept(EVENTS_IN_TICK), wait(TICK_MS)]);
    }
    // Nothing but probes, one in two minutes at most; those that waited for their second attempt have come to wait, too.
    expect(begun.length - spent).toBeGreaterThan(5);
    expect(begun.length - spent).toBeLessThan(OUTAGE_MS / 90_000);
    await eventually(async () => (await brake())?.held === ids.length);
    expect(ids.length).toBeGreaterThan(600);

    isUp = true;
    const tried = begun.length;
    // The last probe that failed may be counted only now, and the next one is due two minutes after that.
    await eventually(async () => {
      ahead += 30_000;
      return (await brake())?.phase !== 'probing';
    }, 20_000);
    for (const id of ids)
      await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled', 30_000);
    const after = begun.slice(tried);
    const [first] = after;
    const inFirstSecond = after.filter(({ at }) => at < (first?.at ?? 0) + 1_000);
    expect(inFirstSecond.length).toBeLessThanOrEqual(ids.length * 0.05);
    expect(after.length).toBe(ids.length);
    expect((after.at(-1)?.at ?? Infinity) - (first?.at ?? 0)).toBeLessThan(20_000);
    expect(Math.max(...begun.map(({ attempt }) => attempt))).toBeLessThanOrEqual(3);
    expect(await openDeadLetters(bench.partitions).count()).toBe(0);
    await eventually(async () => (await brake()) === undefined);
  }, 120_000);
});
