import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  bodyHash,
  matches,
  type AnnouncedHandler,
  type Filter,
  type HooklineEvent,
  type IncomingEvent,
} from '@hookline/core';
import { eventually } from '@hookline/rig';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters, openFleet } from '../../src/index.ts';
import { scriptNamed } from '../../src/bullmq/add-job.ts';
import { openChanges } from '../../src/events/changes.ts';
import { replayDelivery } from '../../src/operators/replays/replayed.ts';
import { restoreEvent } from '../../src/events/restore.ts';
import { queueAgain } from '../../src/events/queue-again.ts';
import { askFilters } from '../../src/run/filters.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.close();
});

const parsePayload = (_provider: string, _headers: unknown, body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

function eventWith(payload: unknown, more: Partial<IncomingEvent> = {}): IncomingEvent {
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return incoming({ body, sha256: bodyHash(body), ...more });
}

async function accept(...events: readonly IncomingEvent[]) {
  const store = await bench.store();
  for (const event of events) expect((await store.accept(event)).kind).toBe('accepted');
}

const standing = async ({ id }: IncomingEvent) => {
  const { status, deliveries, filtered } = (await findEvent(bench.partitions, id)) ?? {};
  return { status, deliveries, filtered };
};
const settled = (event: IncomingEvent) =>
  eventually(async () => ['handled', 'unhandled', 'dead'].includes(String((await standing(event)).status)));

/** A handler that notes what it is given. */
function noting(name: string, where?: Filter, more: Parameters<typeof handler>[2] = {}) {
  const ran: string[] = [];
  const its = handler(name, ({ id }) => void ran.push(id), { ...(where && { where }), ...more });
  return { ran, handler: its };
}

describe('a handler with a filter', () => {
  it('is given what matches; the rest is kept as unhandled, and says why', async () => {
    const big = noting('big', { amount: { $gte: 100 }, live: true });
    await bench.work({ handlers: [big.handler], parsePayload });
    const wanted = eventWith({ amount: 100, live: true });
    const small = eventWith({ amount: 99, live: true });
    const empty = eventWith('no JSON');
    await accept(wanted, small, empty);
    for (const event of [wanted, small, empty]) await settled(event);
    expect(big.ran).toEqual([wanted.id]);
    expect(await standing(wanted)).toEqual({ status: 'handled', deliveries: { big: 'succeeded' } });
    expect(await standing(small)).toEqual({
      status: 'unhandled',
      deliveries: { big: 'filtered' },
      filtered: { big: 'amount is not at least 100' },
    });
    expect(await standing(empty)).toEqual({
      status: 'unhandled',
      deliveries: { big: 'filtered' },
      filtered: { big: 'amount is not at least 100, it is not there' },
    });
  });

  it('does not hold up others that want the event', async () => {
    const [live, test, every] = [
      noting('live', { live: true }),
      noting('test', { live: false }),
      noting('every', undefined, { queue: 'side' }),
    ];
    await bench.work({ handlers: [live.handler, test.handler, every.handler], parsePayload });
    const event = eventWith({ live: true });
    await accept(event);
    await settled(event);
    expect(await standing(event)).toEqual({
      status: 'handled',
      deliveries: { live: 'succeeded', every: 'succeeded', test: 'filtered' },
      filtered: { test: 'live is not false' },
    });
    expect([live.ran, test.ran, every.ran]).toEqual([[event.id], [], [event.id]]);
  });

  it('does not hold up the only one that wants the event', async () => {
    const [live, test] = [noting('live', { live: true }), noting('test', { live: false })];
    await bench.work({ handlers: [live.handler, test.handler], parsePayload });
    const event = eventWith({ live: true });
    await accept(event);
    await settled(event);
    expect(await standing(event)).toMatchObject({
      status: 'handled',
      deliveries: { live: 'succeeded', test: 'filtered' },
    });
  });

  it('is announced with it, so that any worker asks it', async () => {
    const where = { $or: [{ live: true }, { 'lines.sku': { $in: ['a', 'b'] } }] };
    const far = noting('far', where, { queue: 'far' });
    await bench.work({ handlers: [far.handler], parsePayload });
    expect((await openFleet(bench.partitions).view()).handlers.get('far')?.where).toEqual(where);
    // A worker that has no handlers takes half of them.
    await bench.work({ handlers: [], parsePayload });
    const events = Array.from({ length: 40 }, (_, n) =>
      eventWith({ live: false, lines: [{ sku: n % 2 ? 'a' : 'c' }] }),
    );
    await accept(...events);
    for (const event of events) await settled(event);
    expect(far.ran.toSorted()).toEqual(
      events
        .filter((_, n) => n % 2 === 1)
        .map(({ id }) => String(id))
        .toSorted(),
    );
  });

  it('has no runs begun ahead, as another without one has', async () => {
    const plans = async () => {
      const keys = await bench.redis.keys(`${bench.prefix}*plans*`);
      return (await Promise.all(keys.map((key) => bench.redis.hvals(key)))).flat();
    };
    const [some, all] = [
      noting('some', { amount: 100 }, { types: ['one'] }),
      noting('all', undefined, { types: ['other'] }),
    ];
    await bench.work({ handlers: [some.handler, all.handler], parsePayload });
    await accept(
      ...Array.from({ length: 20 }, (_, n) => eventWith({ amount: 99 + (n % 2) }, { type: 'one' })),
    );
    await eventually(() => some.ran.length === 10);
    expect(await plans()).toEqual([]);
    await accept(eventWith({}, { type: 'other' }));
    await eventually(async () => (await plans()).some((plan) => plan.endsWith(' all')));
    expect(some.ran).toHaveLength(10);
  });

  it('costs nothing where none has one: the event is not read to be dispatched', async () => {
    const { sha } = scriptNamed('read-event');
    const send = Redis.prototype.sendCommand;
    let reads = 0;
    jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...rest) {
      const args = command.args.map(String);
      if (args[0] === sha && args.some((arg) => arg.startsWith(bench.prefix))) reads += 1;
      return send.call(this, command, ...rest);
    });
    const [one, two, odd] = [
      noting('one', undefined, { types: ['a'] }),
      noting('two', undefined, { types: ['a'], queue: 'side' }),
      noting('odd', { odd: true }, { types: ['b'] }),
    ];
    await bench.work({ handlers: [one.handler, two.handler, odd.handler], parsePayload });
    await accept(eventWith({}, { type: 'a' }));
    await eventually(() => one.ran.length + two.ran.length === 2);
    expect(reads).toBe(0);
    await accept(eventWith({ odd: true }, { type: 'b' }));
    await eventually(() => odd.ran.length === 1);
    expect(reads).toBe(1);
  });

  it('is not asked about bytes that were damaged: who runs them says so', async () => {
    const some = noting('some', { amount: 1 });
    const event = eventWith({ amount: 2 }, { sha256: bodyHash(Buffer.from('others')) });
    await accept(event);
    await bench.work({ handlers: [some.handler], parsePayload });
    await eventually(async () => (await openDeadLetters(bench.partitions).count()) === 1);
    expect(await standing(event)).toEqual({ status: 'dead', deliveries: { some: 'dead' } });
  });

  it('leaves events that may leave Redis as soon as they are recorded', async () => {
    const [some, every] = [noting('some', { amount: 1 }), noting('every')];
    await bench.work({ handlers: [some.handler, every.handler], parsePayload });
    const event = eventWith({ amount: 2 });
    await accept(event);
    await settled(event);
    const changes = openChanges(bench.partition);
    const { events } = await changes.read('0-0');
    const read = events.find(({ snapshot }) => snapshot.id === event.id);
    expect(read?.snapshot.deliveries).toEqual(
      expect.arrayContaining([
        { handler: 'some', status: 'filtered', reason: 'amount is not 1' },
        { handler: 'every', status: 'succeeded' },
      ]),
    );
    await eventually(async () => (await changes.giveUp(await changes.look([event.id]))).given === 1);
  });
});

describe('an event that is given to today’s handlers once more', () => {
  it('asks the filters again: a wider one is given it, a narrower one refuses with its own reason', async () => {
    const first = await bench.work({ handlers: [noting('some', { amount: 3 }).handler], parsePayload });
    const event = eventWith({ amount: 2 });
    await accept(event);
    await settled(event);
    await first.stop(5_000);

    const narrow = noting('some', { amount: { $gt: 5 } });
    const second = await bench.work({ handlers: [narrow.handler], parsePayload });
    await queueAgain(bench.partition, event.id, event, Date.now());
    await eventually(
      async () => (await standing(event)).filtered?.['some'] === 'amount is not greater than 5',
    );
    expect((await standing(event)).status).toBe('unhandled');
    await second.stop(5_000);

    const wide = noting('some', { amount: { $gt: 1 } });
    await bench.work({ handlers: [wide.handler], parsePayload });
    await queueAgain(bench.partition, event.id, event, Date.now());
    await eventually(() => wide.ran.length === 1);
    await eventually(async () => (await standing(event)).status === 'handled');
    expect(await standing(event)).toEqual({ status: 'handled', deliveries: { some: 'succeeded' } });
    await queueAgain(bench.partition, event.id, event, Date.now());
    await wait(300);
    expect([wide.ran, narrow.ran]).toEqual([[event.id], []]);
  });

  it('of which one handler is done stays handled when another one’s filter refuses it', async () => {
    const first = await bench.work({ handlers: [noting('done').handler], parsePayload });
    const event = eventWith({ amount: 2 });
    await accept(event);
    await settled(event);
    await first.stop(5_000);
    await bench.work({
      handlers: [noting('done').handler, noting('some', { amount: 3 }).handler],
      parsePayload,
    });
    await queueAgain(bench.partition, event.id, event, Date.now());
    await eventually(async () => (await standing(event)).deliveries?.['some'] === 'filtered');
    expect(await standing(event)).toEqual({
      status: 'handled',
      deliveries: { done: 'succeeded', some: 'filtered' },
      filtered: { some: 'amount is not 3' },
    });
  });
});

describe('an event that was handled, and is replayed whole', () => {
  it.each(['default', 'side'])(
    'in the queue %s: is refused by a filter that has changed, and given to one that wants it again',
    async (queue) => {
      const first = await bench.work({
        handlers: [noting('some', { amount: 2 }, { queue }).handler],
        parsePayload,
      });
      const event = eventWith({ amount: 2 });
      await accept(event);
      await settled(event);
      await first.stop(5_000);

      const narrow = noting('some', { amount: 3 }, { queue });
      const second = await bench.work({ handlers: [narrow.handler], parsePayload });
      const fleet = await openFleet(bench.partitions).view();
      const delivery = { event: event.id, handler: 'some', asks: true };
      expect(await replayDelivery(bench.partition, 'r1', delivery, fleet, Date.now())).toBe('queued');
      await eventually(async () => (await standing(event)).status === 'unhandled');
      expect((await standing(event)).filtered).toEqual({ some: 'amount is not 3' });
      await queueAgain(bench.partition, event.id, event, Date.now());
      await wait(500);
      expect([narrow.ran, (await standing(event)).status]).toEqual([[], 'unhandled']);
      await second.stop(5_000);

      const also = noting('also');
      const third = await bench.work({ handlers: [narrow.handler, also.handler], parsePayload });
      await queueAgain(bench.partition, event.id, event, Date.now());
      await eventually(async () => (await standing(event)).status === 'handled');
      expect([narrow.ran, also.ran]).toEqual([[], [event.id]]);
      expect((await standing(event)).deliveries).toEqual({ some: 'filtered', also: 'succeeded' });
      await third.stop(5_000);

      const wide = noting('some', { amount: { $lte: 3 } }, { queue });
      await bench.work({ handlers: [wide.handler], parsePayload });
      await queueAgain(bench.partition, event.id, event, Date.now());
      // At once, and not when somebody misses its job.
      await eventually(() => wide.ran.length > 0, 5_000);
      await eventually(async () => (await standing(event)).deliveries?.['some'] === 'succeeded');
      expect(wide.ran).toEqual([event.id]);
    },
  );
});

describe('an event that every filter refused, and that left Redis', () => {
  it.each([
    ['is refused once more when it is brought back', 'some', 'amount is not 4'],
    ['stays unhandled when its handler is gone', 'other', 'amount is not 3'],
  ])('%s', async (_, name, reason) => {
    const first = await bench.work({ handlers: [noting('some', { amount: 3 }).handler], parsePayload });
    const event = eventWith({ amount: 2 });
    await accept(event);
    await settled(event);
    const changes = openChanges(bench.partition);
    const [read] = await changes.look([event.id]);
    const body = read?.snapshot.body;
    if (read === undefined || body === undefined) throw new Error('it is not there');
    await eventually(async () => (await changes.giveUp(await changes.look([event.id]))).given === 1);
    await first.stop(5_000);

    const again = noting(name, { amount: 4 }, name === 'some' ? {} : { types: ['other'] });
    await bench.work({ handlers: [again.handler], parsePayload });
    expect(await restoreEvent(bench.partition, { ...read.snapshot, body }, 3_600_000)).toBe('restored');
    expect((await standing(event)).filtered).toEqual({ some: 'amount is not 3' });
    await queueAgain(bench.partition, event.id, event, Date.now());
    await eventually(async () => (await standing(event)).status === 'unhandled');
    expect([(await standing(event)).filtered, again.ran]).toEqual([{ some: reason }, []]);
  });
});

describe('any handlers and events', () => {
  it('come together as the filters have it, and every event is settled', async () => {
    const amounts = fc.integer({ min: 0, max: 3 });
    const wheres = fc.option(
      fc.oneof(
        fc.record({ amount: amounts }),
        fc.record({ amount: fc.record({ $gt: amounts }) }),
        fc.record({ $not: fc.record({ amount: amounts }) }),
      ) as fc.Arbitrary<Filter>,
      { nil: undefined },
    );
    const given = fc.record({
      handlers: fc.array(fc.tuple(wheres, fc.constantFrom('default', 'side')), {
        minLength: 1,
        maxLength: 4,
      }),
      events: fc.array(amounts, { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ handlers, events }) => {
        const own = openBench();
        try {
          const all = handlers.map(([where, queue], n) => ({ where, ...noting(`h${n}`, where, { queue }) }));
          await own.work({ handlers: all.map((each) => each.handler), parsePayload });
          const store = await own.store();
          const sent = events.map((amount) => ({ amount, event: eventWith({ amount }) }));
          for (const { event } of sent) await store.accept(event);
          for (const { amount, event } of sent) {
            const wants = all.map(({ where }) => where === undefined || matches(where, { amount }));
            const expected = {
              status: wants.includes(true) ? 'handled' : 'unhandled',
              deliveries: Object.fromEntries(wants.map((is, n) => [`h${n}`, is ? 'succeeded' : 'filtered'])),
            };
            await eventually(async () => {
              const { status } = (await findEvent(own.partitions, event.id)) ?? {};
              return status === 'handled' || status === 'unhandled';
            });
            expect(await findEvent(own.partitions, event.id)).toMatchObject(expected);
            expect(all.map(({ ran }) => ran.filter((id) => id === event.id).length)).toEqual(
              wants.map(Number),
            );
          }
        } finally {
          await own.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('filters of other workers', () => {
  const announced = (name: string, where: unknown): AnnouncedHandler => ({
    name,
    provider: 'stripe',
    types: ['*'],
    queue: 'default',
    where: where as Filter,
  });
  const event = { payload: { a: 1 } } as HooklineEvent;

  it('refuse nothing that this version does not understand', async () => {
    const handlers = [announced('newer', { a: { $regex: 'x' } }), announced('known', { a: 2 })];
    const { wanting, refused } = await askFilters(handlers, async () => event);
    expect(wanting.map(({ name }) => name)).toEqual(['newer']);
    expect(refused).toEqual([{ handler: 'known', reason: 'a is not 2' }]);
  });

  it('refuse nothing that cannot be read', async () => {
    const handlers = [announced('known', { a: 2 })];
    expect((await askFilters(handlers, async () => undefined)).wanting).toEqual(handlers);
  });
});
