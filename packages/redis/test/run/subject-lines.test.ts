import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  retryPolicy,
  type EventId,
  type EventSnapshot,
  type Handler,
  type HooklineEvent,
  type IncomingEvent,
  subjectDigest,
  type SubjectRule,
} from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, pauseHandler, restoreEvent, resumeHandler } from '../../src/index.ts';
import { moveWork } from '../../src/run/move-work.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import { handler, incoming, openBench, payloadOf, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
  opened = undefined;
});
afterEach(() => bench.close());

const ORDER: SubjectRule = { kind: 'order', onDead: 'continue' };
const LATEST: SubjectRule = { kind: 'latest' };
const version = (event: HooklineEvent) => payloadOf(event).amount;

let opened: ReturnType<Bench['store']> | undefined;
const store = () => (opened ??= bench.store());

async function accept(subject: string, amount = 0, more: Partial<IncomingEvent> = {}) {
  const event = incoming({ subject, body: Buffer.from(JSON.stringify({ amount })), ...more });
  expect((await (await store()).accept(event)).kind).toBe('accepted');
  return event;
}

const stateOf = async (id: string) => (await findEvent(bench.partitions, id))?.deliveries['books'];
const ended = (events: readonly { readonly id: string }[], timeout = 10_000) =>
  eventually(async () => {
    for (const { id } of events) {
      const state = await stateOf(id);
      if (state !== 'succeeded' && state !== 'superseded') return false;
    }
    return true;
  }, timeout);
const leftovers = async () =>
  (await bench.redis.keys(`${bench.prefix}/*`)).filter((key) => /\/(arriving|line|lines)\//.test(key));

/** A handler whose runs are noted, and can be held. */
function noting(run: Handler['run'], more: Partial<Handler>) {
  const began: string[] = [];
  const its = handler(
    'books',
    (event, ctx) => {
      began.push(event.id);
      return run(event, ctx);
    },
    more,
  );
  return { began, handler: its };
}

function gate() {
  let open = () => undefined as void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

describe('the line of a subject', () => {
  it('wakes one whose job was moved to another queue while it waited', async () => {
    const first = gate();
    const seen = noting((event) => (event.id === events[0]?.id ? first.passed : undefined), {
      subjectRule: ORDER,
    });
    await bench.work({ handlers: [seen.handler] });
    const events: IncomingEvent[] = [];
    for (let nth = 0; nth < 6; nth += 1) events.push(await accept('a'));
    const last = events[5] as IncomingEvent;
    await eventually(
      async () => (await bench.redis.hexists(bench.partition.keys.event(last.id), 'waits/books')) === 1,
    );
    await wait(100);
    const moved = await moveWork(bench.partition, {
      ref: deliveryRef(last.id, 'books'),
      queue: 'default',
      jobId: `${last.id}~books`,
      newQueue: 'default',
      timestamp: Date.now(),
      delay: 60_000,
      takesRemains: true,
    });
    expect(moved).toBe('moved');
    first.open();
    await ended(events, 5_000);
    expect(seen.began).toEqual(events.map(({ id }) => id));
  });

  it('lets one go on with its paused handler whose job was moved to another queue', async () => {
    const seen = noting(() => undefined, { subjectRule: ORDER });
    await pauseHandler(bench.partitions, 'books', { by: 'me', now: Date.now() });
    await bench.work({ handlers: [seen.handler] });
    const event = await accept('a');
    const { keys } = bench.partition;
    await eventually(async () => (await bench.redis.scard(keys.heldFor('books'))) === 1);
    await wait(50);
    await moveWork(bench.partition, {
      ref: deliveryRef(event.id, 'books'),
      queue: 'default',
      jobId: `${event.id}~books`,
      newQueue: 'default',
      timestamp: Date.now(),
      delay: 60_000,
      takesRemains: true,
    });
    await resumeHandler(bench.partitions, 'books', { by: 'me', now: Date.now() });
    await ended([event], 3_000);
  });

  it('takes in what was dispatched before its handler had the rule', async () => {
    const held = gate();
    let fails = true;
    const before = noting(
      () => {
        if (fails) throw new Error('not yet');
      },
      { queue: 'own', retry: retryPolicy({ backoff: { delay: 700, jitter: 0 } }) },
    );
    const early = await bench.work({ handlers: [before.handler] });
    const older = await accept('a');
    await eventually(() => before.began.length === 1);
    await early.stop(1_000);
    fails = false;
    const seen = noting(() => held.passed, { queue: 'own', subjectRule: ORDER });
    await bench.work({ handlers: [seen.handler] });
    const newer = await accept('a');
    await eventually(() => seen.began.length === 1);
    await wait(1_200);
    // Whichever of them runs, the other one waits for it.
    expect(seen.began.length).toBe(1);
    held.open();
    await ended([older, newer]);
    expect(await leftovers()).toEqual([]);
  });

  it('follows a rule that is another one since its events were dispatched', async () => {
    const first = gate();
    const seen = noting((event) => (event.id === events[0]?.id ? first.passed : undefined), {
      subjectRule: ORDER,
    });
    const early = await bench.work({ handlers: [seen.handler] });
    const events: IncomingEvent[] = [await accept('a', 1)];
    await eventually(() => seen.began.length === 1);
    events.push(await accept('a', 5), await accept('a', 3));
    await wait(200);
    await early.stop(0);
    const after = noting(() => undefined, { subjectRule: LATEST, versionOf: version });
    await bench.work({ handlers: [after.handler] });
    first.open();
    // What the first worker had begun is taken over when its lock has run out.
    await ended(events, 20_000);
    expect(await stateOf(events[1]?.id ?? '')).toBe('succeeded');
    const versions = after.began.map((id) => [1, 5, 3][events.findIndex((event) => event.id === id)] ?? 0);
    expect(versions).toEqual(versions.toSorted());
    expect(await leftovers()).toEqual([]);
  });

  it('keeps nothing of a provider none of whose handlers has a rule any more', async () => {
    const early = await bench.work({
      handlers: [handler('books', () => undefined, { subjectRule: ORDER })],
    });
    await early.stop(1_000);
    await bench.work({
      handlers: [handler('books', () => undefined)],
      rescuer: { interval: 50 },
    });
    await eventually(async () => (await bench.redis.hexists(bench.partition.keys.arrivals, 'stripe')) === 0);
    const event = await accept('a');
    await ended([event]);
    expect(await leftovers()).toEqual([]);
  });

  it('does not keep who waited for an event that is not there any more', async () => {
    const seen = noting(() => undefined, { subjectRule: ORDER });
    await bench.work({ handlers: [seen.handler] });
    const { keys } = bench.partition;
    await bench.redis.hset(keys.arrivals, '', 1, 'stripe', '1');
    await bench.redis.hset(`${bench.prefix}:default:meta`, 'paused', 1);
    const lost = await accept('a');
    await bench.redis.hset(keys.event(lost.id), 'status', 'queued');
    // Its job is lost; the next one is dispatched.
    await bench.redis.lrem(`${bench.prefix}:default:wait`, 0, lost.id);
    const next = await accept('a');
    await bench.redis.hdel(`${bench.prefix}:default:meta`, 'paused');
    await bench.redis.zadd(`${bench.prefix}:default:marker`, 0, '0');
    await eventually(async () => (await bench.redis.hexists(keys.event(next.id), 'waits/books')) === 1);
    await bench.redis.unlink(keys.event(lost.id));
    await ended([next], 8_000);
    expect(await leftovers()).toEqual([]);
  });

  it('is not held up for long by many events that somebody else has dispatched', async () => {
    const { keys } = bench.partition;
    const seen = noting(() => undefined, { subjectRule: ORDER });
    await bench.work({ handlers: [seen.handler] });
    const subject = subjectDigest('stripe', 'a');
    const places = Array.from({ length: 4_000 }, (_, nth) => [nth + 1, `stripe.gone-${nth}`]).flat();
    await bench.redis.zadd(keys.arriving(subject), ...places);
    const event = await accept('a');
    await ended([event], 10_000);
    expect(await leftovers()).toEqual([]);
  });

  it('settles at the limit of the memory what had begun before', async () => {
    const own = await startOwnRedis({ appendfsync: 'no' });
    const full = openBench(own.url);
    try {
      const held = gate();
      const seen = noting(() => held.passed, { subjectRule: LATEST, versionOf: version });
      await full.work({ handlers: [seen.handler] });
      const event = incoming({ subject: 'a' });
      await (await full.store()).accept(event);
      await eventually(() => seen.began.length === 1);
      await full.redis.config('SET', 'maxmemory', 1);
      held.open();
      const state = () => full.redis.hget(full.partition.keys.event(event.id), 'd/books');
      await eventually(async () => (await state())?.startsWith('succeeded') ?? false, 5_000);
      expect(seen.began.length).toBe(1);
    } finally {
      await full.redis.config('SET', 'maxmemory', 0);
      await full.close();
      await own.stop();
    }
  });

  it('runs in order whatever the bytes of a subject', async () => {
    const seen = noting(() => wait(5), { subjectRule: ORDER });
    await bench.work({ handlers: [seen.handler] });
    const events: IncomingEvent[] = [];
    for (const subject of ['\ud800', 'a\n\u0000|~', 'x'.repeat(10_000), ''])
      events.push(await accept(subject), await accept(subject), await accept(subject));
    await ended(events, 8_000);
    for (let nth = 0; nth < events.length; nth += 3) {
      const ids = events.slice(nth, nth + 3).map(({ id }) => id as string);
      expect(seen.began.filter((id) => ids.includes(id))).toEqual(ids);
    }
    expect(await leftovers()).toEqual([]);
  });
});

describe('an event that is put back from the history', () => {
  async function restored(event: IncomingEvent, status: 'succeeded' | 'superseded' = 'succeeded') {
    const at = Date.now() - 60_000;
    await restoreEvent(
      bench.partitions,
      {
        ...event,
        status: 'handled',
        statusAt: at,
        recordedAt: at,
        settledAt: at,
        deliveries: [{ handler: 'books', status }],
      } as unknown as Omit<EventSnapshot, 'body' | 'revision'> & { readonly body: Buffer },
      3_600_000,
    );
  }

  it('does not run behind a newer version when it is replayed', async () => {
    const seen = noting(() => undefined, { subjectRule: LATEST, versionOf: version });
    await bench.work({ handlers: [seen.handler] });
    const newest = await accept('a', 9);
    await ended([newest]);
    const older = incoming({ subject: 'a', body: Buffer.from(JSON.stringify({ amount: 3 })) });
    await restored(older);
    const { keys } = bench.partition;
    await bench.partition.run('replay-delivery-again', {
      keys: {
        event: keys.event(older.id),
        runs: keys.replayRuns('r'),
        open: keys.replayOpen('r'),
        attempts: keys.attempts(`${older.id}~books`),
      },
      args: {
        letter: `${older.id}~books`,
        id: older.id,
        handler: 'books',
        now: Date.now(),
        queue: 'default',
        queuedId: `${older.id}~books~replay-r`,
      },
      add: {
        run: bench.partition.add({
          queue: 'default',
          jobId: `${older.id}~books~replay-r`,
          name: 'books',
          work: { kind: 'delivery', event: older.id as EventId, handler: 'books' },
          timestamp: Date.now(),
        }),
      },
    });
    await ended([older]);
    expect(seen.began).toEqual([newest.id]);
    expect(await stateOf(older.id)).toBe('superseded');
  });

  it('is still through where it was superseded', async () => {
    const event = incoming({ subject: 'a' });
    await restored(event, 'superseded');
    const { keys } = bench.partition;
    await bench.redis.hdel(keys.event(event.id), 'heldUntil');
    const statusAt = await bench.redis.hget(keys.event(event.id), 'statusAt');
    const reply = await bench.partition.run('give-up', {
      keys: { expiring: keys.expiring, shed: keys.shed, unclaimed: keys.eventsUnclaimed },
      each: { events: [{ id: event.id, statusAt: String(statusAt) }] },
    });
    expect(Number((reply as unknown[])[0])).toBe(1);
  });
});
