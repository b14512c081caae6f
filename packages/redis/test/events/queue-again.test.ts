import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, queueAgain } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

describe('an event that no handler wanted', () => {
  it('is run by a handler that was added later, when somebody asks for it: it could never be run again', async () => {
    const store = await bench.store();
    const event = incoming();
    const early = await bench.work({ handlers: [handler('early', () => undefined, { types: ['other'] })] });
    await store.accept(event);
    const status = async () => (await findEvent(bench.partitions, event.id))?.status;
    await eventually(async () => (await status()) === 'unhandled');
    // As after the 15 minutes in which it is looked at again without anybody's asking.
    await bench.redis.zrem(bench.partition.keys.eventsUnclaimed, event.id);
    await early.stop(1_000);
    let runs = 0;
    await bench.work({ handlers: [handler('late', () => void (runs += 1))] });
    await wait(500);
    expect([runs, await status()]).toEqual([0, 'unhandled']);
    expect(await queueAgain(bench.partitions, event.id, event, Date.now())).toBe(true);
    await eventually(async () => (await status()) === 'handled');
    // Who has had it is not given it again.
    expect(await queueAgain(bench.partitions, event.id, event, Date.now())).toBe(true);
    await wait(1_000);
    expect([runs, await status()]).toEqual([1, 'handled']);
  });

  it('that is not there any more is said to be gone', async () => {
    const event = incoming();
    expect(await queueAgain(bench.partitions, event.id, event, Date.now())).toBe(false);
  });
});
