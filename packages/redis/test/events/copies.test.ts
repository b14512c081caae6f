import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import { copiesOfKnown, findEvent } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const copiesOf = async (id: string) => (await findEvent(bench.partitions, id))?.copies;

describe('what an event is about', () => {
  it('is told to its handlers and to whoever looks, and nothing where nothing says', async () => {
    const store = await bench.store();
    const told: (string | undefined)[] = [];
    await bench.work({
      concurrency: 1,
      handlers: [handler('one', ({ subject }) => void told.push(subject))],
    });
    const [about, plain] = [incoming({ subject: 'cus_1' }), incoming()];
    for (const event of [about, plain]) await store.accept(event);
    await eventually(() => told.length === 2);
    expect(told).toEqual(['cus_1', undefined]);
    expect(await findEvent(bench.partitions, about.id)).toMatchObject({ subject: 'cus_1' });
    expect(await findEvent(bench.partitions, plain.id)).not.toHaveProperty('subject');
  });
});

describe('an event that comes again', () => {
  it('is counted, with when it last came', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    expect(await copiesOf(event.id)).toBeUndefined();
    for (const later of [1_000, 2_000])
      expect(await store.accept({ ...event, receivedAt: event.receivedAt + later })).toMatchObject({
        kind: 'duplicate',
      });
    expect(await copiesOf(event.id)).toEqual({ count: 2, lastAt: expect.any(Number) });
  });

  it('is not when this process sends it once more, because it heard no answer', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    expect(await store.accept(event)).toMatchObject({ kind: 'duplicate' });
    expect(await copiesOf(event.id)).toBeUndefined();
  });

  it('is counted on when only its id is known', async () => {
    const store = await bench.store();
    const { keys } = bench.partition;
    const event = incoming();
    await bench.work({ handlers: [handler('one', () => undefined)] });
    await store.accept(event);
    await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'handled');
    await store.accept({ ...event, receivedAt: 1 });
    const noted = (await bench.redis.hget(keys.event(event.id), 'copies')) ?? '';
    await eventually(async () => (await giveUp(event.id)) === 1);
    expect(await bench.redis.get(keys.known(event.id))).toBe(noted);
    await store.accept({ ...event, receivedAt: 2 });
    expect(await copiesOfKnown(bench.partitions, event.id)).toMatchObject({ count: 2 });
    expect(await bench.redis.pttl(keys.known(event.id))).toBeGreaterThan(0);
  });
});

/** As the recorder does it once the history holds the event. */
async function giveUp(id: string): Promise<number> {
  const { partition, redis } = bench;
  const { keys } = partition;
  const [statusAt, recordedAt] = await redis.hmget(keys.event(id), 'statusAt', 'recordedAt');
  const [given] = (await partition.run('give-up', {
    keys: { expiring: keys.expiring, shed: keys.shed, unclaimed: keys.eventsUnclaimed },
    each: { events: [{ id, statusAt: statusAt ?? recordedAt ?? '' }] },
  })) as [number, unknown];
  return given;
}
