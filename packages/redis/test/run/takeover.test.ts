import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, retryPolicy, type EventId, type Settlement } from '@hookline/core';
import { Queue, Worker, type Job } from 'bullmq';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { createKeys } from '../../src/client/keys.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import type { LeaseRef } from '../../src/bullmq/lease.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
let queue: Queue;
beforeEach(() => {
  bench = openBench();
  queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
});
afterEach(() => bench.close());

const statusOf = async (id: string) => (await findEvent(bench.partitions, id))?.status;
const deadLetters = () => openDeadLetters(bench.partitions);

/** A worker that takes the event's job and then dies at a point of our choice: its lock is gone, the job still active. */
async function dieWhileHolding(
  eventId: EventId,
  doing: (lease: LeaseRef, ledger: ReturnType<typeof createLedger>) => Promise<void>,
): Promise<void> {
  const worker = new Worker('default', null, {
    connection: bench.redis,
    prefix: bench.prefix,
    autorun: false,
  });
  const keys = createKeys(bench.prefix);
  try {
    const held = (await worker.getNextJob('doomed')) as Job;
    expect(held.id).toBe(eventId);
    const parsePayload = () => ({});
    const ledger = createLedger({
      partition: bench.partition,
      process: 'doomed',
      parsePayload,
      now: Date.now,
      retention: 1_000_000,
      jobRetention: 1_000_000,
    });
    await doing({ queue: 'default', jobId: eventId, token: 'doomed', made: 0, stalled: 0 }, ledger);
  } finally {
    await bench.redis.del(keys.bullLock('default', eventId));
    await worker.close();
  }
}

const attempt = { attempt: 1, startedAt: 1, endedAt: 2, log: [] };

/** Begins the delivery in place, as the event's own job would. */
async function begin(ledger: ReturnType<typeof createLedger>, eventId: EventId, lease: LeaseRef) {
  const opened = await ledger.openDelivery(deliveryRef(eventId, 'one'), lease, 'again');
  if (opened.kind !== 'open') throw new Error(`opened as ${opened.kind}`);
  return opened.run;
}

describe('a worker that dies', () => {
  it('after writing the dead letter, before ending the job: the handler is not run again, the letter is there once', async () => {
    let runs = 0;
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const ref = deliveryRef(event.id, 'one');
      const run = await begin(ledger, event.id, lease);
      const bury = { kind: 'bury', reason: 'attempts-exhausted', error: new Error('x') } as const;
      expect(await ledger.settle(ref, lease, run, bury, attempt, 0)).toEqual({ kind: 'settled' });
    });
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await queue.getFailedCount()) === 1);
    expect(runs).toBe(0);
    expect((await deadLetters().list(0, 9)).map(({ id }) => id)).toEqual([`${event.id}~one`]);
    expect(await statusOf(event.id)).toBe('dead');
  });

  it('after recording success, before ending the job: the handler is not run again', async () => {
    let runs = 0;
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const ref = deliveryRef(event.id, 'one');
      const run = await begin(ledger, event.id, lease);
      const complete = { kind: 'complete', result: null } as const;
      expect(await ledger.settle(ref, lease, run, complete, attempt, 0)).toEqual({ kind: 'settled' });
    });
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    expect([runs, await statusOf(event.id)]).toEqual([0, 'handled']);
  });

  it('in the middle of a fan-out leaves no handler out and runs none twice', async () => {
    const runs: string[] = [];
    const handlers = ['a', 'b', 'c'].map((name) => handler(name, () => void runs.push(name)));
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const [first] = handlers;
      if (first)
        expect(
          await ledger.dispatch(event.id, lease, {
            handlers: [{ handler: first }],
            revision: '0',
            refused: [],
            unclaimed: false,
            ordered: false,
          }),
        ).toEqual({ kind: 'dispatched' });
    });
    await bench.work({ handlers });
    await eventually(async () => (await statusOf(event.id)) === 'handled' && runs.length >= 3);
    await eventually(async () => (await queue.getCompletedCount()) === 4);
    expect(runs.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('again and again while it runs the same work: the work becomes a dead letter that says so', async () => {
    let runs = 0;
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      await ledger.openDelivery(deliveryRef(event.id, 'one'), lease, 'again');
    });
    const earlier = Array.from({ length: 11 }, (_, nth) => `run${nth}@nobody`).join(' ');
    await bench.redis.hset(`${bench.prefix}/event/${event.id}`, 'runs/one', earlier);
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    expect(runs).toBe(0);
    expect(await deadLetters().list(0, 1)).toMatchObject([
      { reason: 'worker-lost', error: { message: expect.stringMatching(/^11 workers died/) } },
    ]);
  });

  it('but is only asleep: a failure that it settles after it was taken over is refused, a success counts', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const ref = deliveryRef(event.id, 'one');
      const first = await begin(ledger, event.id, lease);
      const other = { ...lease, token: 'somebody else', stalled: 1 };
      await bench.redis.set(createKeys(bench.prefix).bullLock('default', event.id), other.token);
      const second = await begin(ledger, event.id, other);
      const settle = (run: typeof first, settlement: Settlement) =>
        ledger.settle(ref, lease, run, settlement, attempt, 0);
      const retry = { kind: 'retry', delay: 0, error: new Error('late') } as const;
      const bury = { kind: 'bury', reason: 'non-retryable', error: new Error('late') } as const;
      expect(await settle(first, retry)).toEqual({ kind: 'lost' });
      expect(await settle(first, bury)).toEqual({ kind: 'lost' });
      expect(await statusOf(event.id)).toBe('queued');
      expect(await settle(first, { kind: 'complete', result: null })).toEqual({ kind: 'settled' });
      expect(await settle(second, retry)).toEqual({ kind: 'succeeded', result: null });
    });
    expect(await statusOf(event.id)).toBe('handled');
  });

  it('but is only asleep, and nobody took its job over: what it settles counts', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const run = await begin(ledger, event.id, lease);
      await bench.redis.del(createKeys(bench.prefix).bullLock('default', event.id));
      const ref = deliveryRef(event.id, 'one');
      const retry = { kind: 'retry', delay: 0, error: new Error('late') } as const;
      expect(await ledger.settle(ref, lease, run, retry, attempt, 0)).toEqual({ kind: 'settled' });
    });
    expect(await bench.redis.hget(`${bench.prefix}/event/${event.id}`, 'tries/one')).toBe('1');
  });
});

describe('a delivery that was queued twice', () => {
  it('is begun by one job only for as long as that one is held', async () => {
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await dieWhileHolding(event.id, async (lease, ledger) => {
      const lockOf = (jobId: string) => createKeys(bench.prefix).bullLock('default', jobId);
      const ref = deliveryRef(event.id, 'one');
      const other = { ...lease, jobId: `${event.id}~one~again`, token: 'other' };
      await bench.redis.set(lockOf(other.jobId), other.token);
      expect((await ledger.openDelivery(ref, lease, 'again')).kind).toBe('open');
      expect((await ledger.openDelivery(ref, other, 'no')).kind).toBe('superseded');
      expect((await ledger.openDelivery(ref, lease, 'again')).kind).toBe('open');

      await bench.redis.del(lockOf(event.id));
      expect((await ledger.openDelivery(ref, other, 'no')).kind).toBe('open');
      await bench.redis.set(lockOf(event.id), lease.token);
      expect((await ledger.openDelivery(ref, lease, 'again')).kind).toBe('superseded');
    });
  });
});

describe('a handler whose job was taken over while it runs', () => {
  it('is told by its signal', async () => {
    const reasons: string[] = [];
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler('one', async (_, ctx) => {
          await bench.redis.set(createKeys(bench.prefix).bullLock('default', event.id), 'somebody else');
          await bench.redis.hset(`${bench.prefix}/event/${event.id}`, 'runs/one', 'theirs@others');
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
          reasons.push((ctx.signal.reason as Error).message);
          return 'too late';
        }),
      ],
    });
    await store.accept(event);
    await eventually(() => reasons.length === 1);
    expect(reasons).toEqual(['another worker has taken this job over']);
    expect(await statusOf(event.id)).toBe('queued');
    expect(await queue.getCompletedCount()).toBe(0);
  });
});

describe("an operator's retry of the failed job", () => {
  it('takes its dead letter away, and a new failure puts one back with the longer history', async () => {
    let broken = true;
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      handlers: [
        handler(
          'one',
          (_, ctx) => {
            if (broken) throw new Error(`broken at ${ctx.attempt}`);
          },
          { retry: retryPolicy({ attempts: 1 }) },
        ),
      ],
    });
    await store.accept(event);
    const failed = () => eventually(async () => (await queue.getFailed())[0] ?? false);

    await (await failed()).retry();
    await eventually(async () => (await deadLetters().list(0, 9))[0]?.attempts.length === 2);
    broken = false;
    await (await failed()).retry();
    await eventually(async () => (await statusOf(event.id)) === 'handled');
    expect(await deadLetters().count()).toBe(0);
    expect(await queue.getFailedCount()).toBe(0);
  });
});

describe('a stored body that was damaged', () => {
  it('is noticed before a handler sees it', async () => {
    let runs = 0;
    const store = await bench.store();
    const event = incoming();
    await store.accept(event);
    await bench.redis.hset(`${bench.prefix}/event/${event.id}`, 'body', '{"amount":999999}');
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await statusOf(event.id)) === 'dead');
    expect(runs).toBe(0);
    const [letter] = await deadLetters().list(0, 1);
    expect(letter?.error.message).toContain('SHA-256');
    expect(letter?.error.name).toBe(NonRetryableError.name);
  });
});
