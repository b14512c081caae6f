import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { scriptNamed } from '../../src/bullmq/add-job.ts';
import type { LeaseRef } from '../../src/bullmq/lease.ts';
import { findEvent } from '../../src/index.ts';
import { createLedger } from '../../src/run/redis-ledger.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.close();
});

/** The scripts that this process has Redis run over this bench's keys, by name, or by hash where it is not one of ours. */
function countScripts(): Map<string, number> {
  const names = new Map(
    (['complete-deliveries', 'settle-delivery', 'open-delivery', 'take-jobs'] as const).map((name) => [
      scriptNamed(name).sha,
      name,
    ]),
  );
  const counts = new Map<string, number>();
  const send = Redis.prototype.sendCommand;
  jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...rest) {
    const [sha, ...args] = command.args.map(String);
    if (command.name === 'evalsha' && args.some((arg) => arg.startsWith(bench.prefix))) {
      const name = names.get(sha as never) ?? String(sha);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return send.call(this, command, ...rest);
  });
  return counts;
}

async function accept(count: number) {
  const store = await bench.store();
  const events = Array.from({ length: count }, () => incoming());
  for (const event of events) expect((await store.accept(event)).kind).toBe('accepted');
  return events;
}

const queueOf = () => new Queue('default', { connection: bench.redis, prefix: bench.prefix });

function ledgerOf(process: string) {
  return createLedger({
    partition: bench.partition,
    process,
    parsePayload: () => ({}),
    now: Date.now,
    retention: 1_000_000,
    jobRetention: 1_000_000,
  });
}

describe('a busy worker', () => {
  it('asks Redis once for several events', async () => {
    const events = await accept(200);
    const counts = countScripts();
    let runs = 0;
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await queueOf().getActiveCount()) === 0 && runs === events.length);
    expect(counts.get('complete-deliveries')).toBeLessThanOrEqual(100);
    expect(counts.get('settle-delivery') ?? 0).toBe(0);
    expect(counts.get('open-delivery') ?? 0).toBeLessThanOrEqual(5);
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    // The rest is what a worker asks now and then, however many events there are.
    expect(all).toBeLessThan(140);
    for (const { id } of events) expect((await findEvent(bench.partitions, id))?.status).toBe('handled');
  });

  it('does so for deliveries that have jobs of their own', async () => {
    await accept(60);
    const counts = countScripts();
    let runs = 0;
    const count = () => void (runs += 1);
    await bench.work({ handlers: [handler('one', count), handler('two', count)] });
    await eventually(() => runs === 120);
    expect(counts.get('complete-deliveries')).toBeLessThan(60);
    expect(counts.get('open-delivery') ?? 0).toBeLessThan(30);
  });

  it('that misses the answer asks again: everything runs and is settled once, and nothing waits for a lock', async () => {
    // As many ended ones as a queue keeps.
    const events = await accept(100);
    const { sha } = scriptNamed('complete-deliveries');
    const call = Redis.prototype.callBuffer as (...args: unknown[]) => Promise<unknown>;
    let lost = 0;
    jest.spyOn(Redis.prototype, 'callBuffer').mockImplementation(async function (
      this: Redis,
      ...args: unknown[]
    ) {
      const reply = await call.apply(this, args);
      if (!JSON.stringify(args[1])?.includes(sha) || (lost += 1) % 2 !== 0) return reply;
      // ioredis sends again what was under way when its connection ended.
      return call.apply(this, args);
    } as never);
    const runs: string[] = [];
    const errors: unknown[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: string) => void errors.push(message),
      error: (message: string) => void errors.push(message),
    };
    await bench.work({ handlers: [handler('one', ({ id }) => void runs.push(id))], log });
    await eventually(() => runs.length === events.length);
    const queue = queueOf();
    await eventually(async () => (await queue.getCompletedCount()) === events.length);
    expect(lost).toBeGreaterThan(2);
    expect(runs.toSorted()).toEqual(events.map(({ id }) => String(id)).toSorted());
    const told = await bench.redis.xrange(bench.partition.keys.changes, '-', '+');
    expect(told.flatMap(([, fields]) => fields.filter((name) => name === 'attempt'))).toHaveLength(
      events.length,
    );
    const jobs = await queue.getCompleted();
    expect(jobs.map(({ stalledCounter }) => stalledCounter)).toEqual(jobs.map(() => 0));
    expect(errors).toEqual([]);
  });

  it('settles others where one of them cannot be settled', async () => {
    const events = await accept(3);
    const ledger = ledgerOf('here');
    const settles = [];
    for (const [nth, { id }] of events.entries()) {
      const token = `here:${nth}`;
      expect((await ledger.take('default', [token])).jobs[0]?.job.id).toBe(id);
      const plainEnd = () => ({ kept: 100, takes: false });
      const lease = { queue: 'default', jobId: id, token, made: 0, stalled: 0, plainEnd };
      const ref = deliveryRef(id, 'one');
      const opened = await ledger.openDelivery(ref, lease, 'again');
      if (opened.kind !== 'open') throw new Error(opened.kind);
      const attempt = { attempt: 1, startedAt: 1, endedAt: 2, log: [] };
      settles.push(() =>
        ledger.settle(ref, lease, opened.run, { kind: 'complete', result: null }, attempt, 0),
      );
    }
    const damaged = bench.partition.keys.event(events[1]?.id ?? '');
    await bench.redis.set(damaged, 'no hash');
    const counts = countScripts();
    const [first, second, third] = await Promise.allSettled(settles.map((settle) => settle()));
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/could not be settled: .*WRONGTYPE/) },
    });
    expect([first, third]).toEqual(
      [1, 2].map(() => ({ status: 'fulfilled', value: expect.objectContaining({ kind: 'settled' }) })),
    );
    expect(counts.get('complete-deliveries')).toBe(1);
    expect([await queueOf().getCompletedCount(), await queueOf().getActiveCount()]).toEqual([2, 1]);
  });

  it('hands BullMQ nothing of what a handler returned', async () => {
    await accept(1);
    await bench.work({ handlers: [handler('one', () => 'x'.repeat(1_000))] });
    const job = await eventually(async () => (await queueOf().getCompleted())[0] ?? false);
    expect(job.returnvalue).toBeNull();
  });
});

describe('work that was begun as its job was taken', () => {
  async function takeAhead(process: string) {
    const [event] = await accept(1);
    if (event === undefined) throw new Error('no event');
    const ledger = ledgerOf(process);
    const { id, source, provider, type } = event;
    ledger.planAhead({ kind: 'event', event: id, source, provider, type }, 'one', '0');
    await eventually(async () => (await bench.redis.exists(bench.partition.keys.plans(process))) === 1);
    expect((await ledger.take('default', [`${process}:1`])).jobs).toHaveLength(1);
    const lease: LeaseRef = { queue: 'default', jobId: id, token: `${process}:1`, made: 0, stalled: 0 };
    expect(ledger.aheadOf(lease)).toBe('one');
    const runsOf = () => bench.redis.hget(bench.partition.keys.event(id), 'runs/one');
    return { id, ledger, lease, runsOf };
  }

  it('by a worker that died of it counts a death for whoever takes it over', async () => {
    const { id, runsOf } = await takeAhead('doomed');
    await bench.redis.pexpire(bench.partition.keys.bullLock('default', id), 50);
    const seen: (string | null)[] = [];
    await bench.work({ handlers: [handler('one', async () => void seen.push(await runsOf()))] });
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled', 20_000);
    expect(seen).toEqual([expect.stringMatching(/^\S+ \S+@doomed$/)]);
  });

  it('is handed on once, and put back when nobody goes on with it', async () => {
    const { id, ledger, lease, runsOf } = await takeAhead('lazy');
    expect(await runsOf()).toMatch(/^\S+@lazy$/);
    await ledger.releaseAhead(lease);
    expect([await runsOf(), ledger.aheadOf(lease)]).toEqual([null, undefined]);
    const opened = await ledger.openDelivery(deliveryRef(id, 'one'), lease, 'again');
    expect(opened).toMatchObject({ kind: 'open', deaths: 0, tries: 0 });
  });

  it('is opened with no further call', async () => {
    const { id, ledger, lease } = await takeAhead('quick');
    const counts = countScripts();
    const opened = await ledger.openDelivery(deliveryRef(id, 'one'), lease, 'again');
    expect(opened).toMatchObject({ kind: 'open', value: { id, type: 'payment_intent.succeeded' } });
    expect(counts.size).toBe(0);
  });

  it('is not when the fleet has changed since the plan was made', async () => {
    const [event] = await accept(1);
    if (event === undefined) throw new Error('no event');
    const ledger = ledgerOf('old');
    const { id, source, provider, type } = event;
    ledger.planAhead({ kind: 'event', event: id, source, provider, type }, 'one', '0');
    await eventually(async () => (await bench.redis.exists(bench.partition.keys.plans('old'))) === 1);
    await bench.redis.incr(bench.partition.keys.revision);
    expect(await ledger.take('default', ['old:1'])).toBeDefined();
    expect(
      ledger.aheadOf({ queue: 'default', jobId: id, token: 'old:1', made: 0, stalled: 0 }),
    ).toBeUndefined();
    expect(await bench.redis.hget(bench.partition.keys.event(id), 'runs/one')).toBeNull();
  });
});
