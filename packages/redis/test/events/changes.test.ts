import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isKept, RetryAfterError, type EventId, type IncomingEvent } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { findEvent, queueAgain } from '../../src/index.ts';
import { openChanges, type Changes, type ReadEvent } from '../../src/events/changes.ts';
import { setHistoryMode } from '../../src/events/history-mode.ts';
import { trimChanges } from '../../src/events/prune.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
let changes: Changes;
beforeEach(() => {
  bench = openBench();
  changes = openChanges(bench.partition);
});
afterEach(() => bench.close());

/** Everything after the beginning, the newest state of each event last. */
async function readAll() {
  const events = new Map<EventId, ReadEvent>();
  const attempts = [];
  let place = '0-0' as const as `${number}-${number}`;
  for (;;) {
    const block = await changes.read(place);
    if (block.place === place) return { events, attempts, place };
    for (const event of block.events) events.set(event.snapshot.id, event);
    attempts.push(...block.attempts);
    place = block.place;
  }
}

const statusOf = async (id: EventId) => (await findEvent(bench.partitions, id))?.status;

describe('the stream of changes', () => {
  it('names what was accepted, with its exact bytes, while it still waits', async () => {
    const store = await bench.store();
    const event = incoming({ body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]) });
    await store.accept(event);
    const { events } = await readAll();
    expect([...events.values()].map(({ snapshot }) => snapshot)).toEqual([
      expect.objectContaining({
        id: event.id,
        status: 'queued',
        body: event.body,
        headers: event.headers,
        sha256: event.sha256,
        receivedAt: event.receivedAt,
        settledAt: undefined,
        deliveries: [],
      }),
    ]);
  });

  it('brings large bodies, too, and many events in blocks', async () => {
    const store = await bench.store();
    const large = [40_000, 300_000, 2_500_000].map((size, n) =>
      incoming({ body: Buffer.alloc(size, n + 1) }),
    );
    const small = Array.from({ length: 600 }, () => incoming());
    // A busy machine may not answer in time: then it is sent again, as a provider does.
    const keep = (event: IncomingEvent) => eventually(async () => isKept(await store.accept(event)));
    await Promise.all([...large, ...small].map(keep));
    const { events } = await readAll();
    expect(events.size).toBe(603);
    for (const { id, body } of large) expect(events.get(id)?.snapshot.body?.equals(body)).toBe(true);
  });

  it('tells of every attempt: who, when, how it ended and what it said', async () => {
    const store = await bench.store();
    await bench.work({
      handlers: [
        handler('twice', async (_, ctx) => {
          ctx.log.info('looking', { at: ctx.attempt });
          if (ctx.attempt === 1) throw new RetryAfterError('not yet', 1);
        }),
        handler('once', async () => undefined),
      ],
    });
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    const { events, attempts } = await readAll();
    expect(events.get(event.id)?.snapshot).toMatchObject({
      status: 'handled',
      deliveries: expect.arrayContaining([
        { handler: 'twice', status: 'succeeded' },
        { handler: 'once', status: 'succeeded' },
      ]),
    });
    const [failed, done] = attempts.filter((attempt) => attempt.handler === 'twice');
    expect(failed).toMatchObject({
      event: event.id,
      number: 1,
      outcome: 'retried',
      error: { name: 'RetryAfterError', message: 'not yet' },
      log: [{ level: 'info', message: 'looking', fields: { at: 1 } }],
    });
    expect(done).toMatchObject({ number: 2, outcome: 'succeeded', log: [{ fields: { at: 2 } }] });
    expect(done?.run).not.toBe(failed?.run);
    expect(done?.endedAt).toBeGreaterThanOrEqual(done?.startedAt ?? Infinity);
    expect(attempts).toHaveLength(3);
  });

  it('forgets what was read, and nothing after it', async () => {
    const store = await bench.store();
    await store.accept(incoming());
    const { place } = await changes.read('0-0');
    const late = incoming();
    await store.accept(late);
    await changes.trim(place);
    expect((await changes.read('0-0')).events.map(({ snapshot: { id } }) => id)).toEqual([late.id]);
  });
});

describe('giving an event up', () => {
  async function handled() {
    const store = await bench.store();
    await bench.work({ handlers: [handler('h', async () => undefined)] });
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    await eventually(async () =>
      Boolean(await bench.redis.hget(`${bench.prefix}:default:${event.id}`, 'finishedOn')),
    );
    return { store, event, read: [...(await readAll()).events.values()] };
  }

  it('leaves a key that knows the id, of at most 150 bytes, for the rest of the retention', async () => {
    const { store, event, read } = await handled();
    expect(await changes.giveUp(read)).toEqual({ given: 1, later: [] });
    const { keys } = bench.partition;
    const left = (await bench.redis.keys(`${bench.prefix}/*`)).filter((key) => key.includes(event.id));
    expect(left).toEqual([keys.known(event.id)]);
    const usual = keys.known(event.id).length - bench.prefix.length + '{hookline}'.length;
    const bytes = (await bench.redis.memory('USAGE', keys.known(event.id))) ?? Infinity;
    expect(bytes - (keys.known(event.id).length - usual)).toBeLessThanOrEqual(150);
    expect(await bench.redis.pttl(keys.known(event.id))).toBeGreaterThan(3_500_000);
    expect(await store.accept(event)).toEqual({ kind: 'duplicate', id: event.id });
    expect(await bench.redis.zcard(keys.expiring)).toBe(0);
    expect(await store.accept(incoming())).toMatchObject({ kind: 'accepted' });
  });

  it('leaves alone what has gone on since it was read', async () => {
    const { event, read } = await handled();
    await bench.redis.hset(bench.partition.keys.event(event.id), 'statusAt', '1');
    expect(await changes.giveUp(read)).toEqual({ given: 0, later: [] });
    expect(await statusOf(event.id)).toBe('handled');
  });

  it('waits for its job to end', async () => {
    const { event, read } = await handled();
    await bench.redis.hdel(`${bench.prefix}:default:${event.id}`, 'finishedOn');
    expect(await changes.giveUp(read)).toEqual({ given: 0, later: [event.id] });
  });

  it('waits for what it was queued again for, and no longer', async () => {
    const { event } = await handled();
    const { keys } = bench.partition;
    const giveUp = async () => changes.giveUp(await changes.look([event.id]));
    await bench.redis.zrem(keys.eventsUnclaimed, event.id);
    expect(await queueAgain(bench.partitions, event.id, event, Date.now())).toBe(true);
    await eventually(async () => (await giveUp()).given === 1);
    expect(await statusOf(event.id)).toBeUndefined();
  });

  it('waits for a handler that may yet want it', async () => {
    const store = await bench.store();
    await bench.work({});
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await statusOf(event.id)) === 'unhandled');
    const { events } = await readAll();
    expect(await changes.giveUp([...events.values()])).toEqual({ given: 0, later: [event.id] });
  });

  it('does not touch what waits, runs or is dead', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    expect(await changes.giveUp([...(await readAll()).events.values()])).toEqual({ given: 0, later: [] });
    expect(await statusOf(event.id)).toBe('queued');
  });
});

describe('everything that Redis holds', () => {
  it('is gone through page by page, also while it is given up', async () => {
    const store = await bench.store();
    const events = Array.from({ length: 620 }, () => incoming());
    await Promise.all(events.map((event) => store.accept(event)));
    await bench.work({ handlers: [handler('h', async () => undefined)], concurrency: 50 });
    await eventually(async () => (await bench.redis.zcard(bench.partition.keys.expiring)) === 620, 60_000);
    const waiting = incoming({ type: 'later' });
    await bench.redis.del(bench.partition.keys.changes);
    const seen = new Set<EventId>();
    const pages = changes.all('all');
    let given: number | undefined;
    for (;;) {
      const { value, done } = await (given === undefined ? pages.next() : pages.next(given));
      if (done === true || value === undefined) break;
      for (const { snapshot } of value) seen.add(snapshot.id);
      given = (await changes.giveUp(value)).given;
    }
    expect(seen).toEqual(new Set(events.map(({ id }) => id)));
    expect(await statusOf(waiting.id)).toBeUndefined();
  });
});

describe('changes that nobody records', () => {
  it('are cut to nothing where no history is kept, however many came since', async () => {
    const { keys } = bench.partition;
    const pipeline = bench.redis.pipeline();
    for (let n = 0; n < 25_000; n += 1) pipeline.xadd(keys.changes, '*', 'accepted', `stripe.evt_${n}`);
    await pipeline.exec();
    await setHistoryMode(bench.partition, 'on');
    await trimChanges(bench.partition);
    expect(await bench.redis.xlen(keys.changes)).toBe(25_000);
    await setHistoryMode(bench.partition, 'off');
    await trimChanges(bench.partition);
    expect(await bench.redis.xlen(keys.changes)).toBeLessThan(200);
  });
});
