import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_METER, retryPolicy, type IncomingEvent, type Logger, type Meter } from '@hookline/core';
import { eventually, startOwnRedis } from '@hookline/rig';
import { openQuietQueue } from '../../src/bullmq/add-job.ts';
import { findEvent, openDeadLetters, readContent } from '../../src/index.ts';
import { createKeys, type Keys } from '../../src/client/keys.ts';
import { startEvictor, type Evictor } from '../../src/events/evict.ts';
import { forgetExpired } from '../../src/events/prune.ts';
import { factsFrom, headersFrom } from '../../src/events/record.ts';
import { handler, incoming, openBench, silent, type Bench } from '../support.ts';

/** Nobody waits so long: a test looks itself. */
const NEVER = 2 ** 31 - 1;

let redis: Awaited<ReturnType<typeof startOwnRedis>>;
let bench: Bench;
let keys: Keys;
let errors: string[];
let clock: number;
const reliefs: Evictor[] = [];

beforeEach(async () => {
  redis = await startOwnRedis({ appendfsync: 'no' });
  bench = openBench(redis.url);
  keys = createKeys(bench.prefix);
  [errors, clock] = [[], 1_000];
});

afterEach(async () => {
  for (const relief of reliefs.splice(0)) relief.stop();
  await bench.redis.config('SET', 'maxmemory', 0);
  await bench.close();
  await redis.stop();
});

const log: Logger = { ...silent, error: (message) => void errors.push(message) };
const quiet = { evictor: { interval: NEVER } };

function open(meter: Meter = NO_METER): Evictor {
  const relief = startEvictor({
    partition: bench.partition,
    log,
    meter,
    now: () => clock,
    interval: NEVER,
  });
  reliefs.push(relief);
  return relief;
}

const usedMemory = async () => Number(/^used_memory:(\d+)/m.exec(await bench.redis.info('memory'))?.[1] ?? 0);
/** Lets Redis be so full with what it holds now. */
const fillTo = async (ratio: number) =>
  bench.redis.config('SET', 'maxmemory', Math.round((await usedMemory()) / ratio));
const fieldOf = (event: IncomingEvent, name: string) => bench.redis.hgetBuffer(keys.event(event.id), name);
const bodyOf = (bytes: number, seed = '') =>
  Buffer.from(JSON.stringify({ id: 'x', amount: 1, filler: seed + 'ä'.repeat(bytes / 2) }));
const statusOf = async ({ id }: IncomingEvent) => (await findEvent(bench.partitions, id))?.status;

/** Events that nobody handles, settled in their order. */
async function settle(count: number, bytes = 0): Promise<IncomingEvent[]> {
  const events = Array.from({ length: count }, () => incoming({ body: bodyOf(bytes) }));
  const store = await bench.store();
  const before = await bench.redis.zcard(keys.expiring);
  for (const event of events) expect((await store.accept(event)).kind).toBe('accepted');
  const worker = await bench.work({ ...quiet, concurrency: 1 });
  await eventually(async () => (await bench.redis.zcard(keys.expiring)) === before + count);
  await eventually(async () => (await bench.redis.llen(keys.bullJob('default', 'active'))) === 0);
  await worker.stop(1_000);
  return events;
}

describe('a Redis that fills up with settled events', () => {
  it('goes on taking new ones, knows the old ones, and keeps the bodies of what is not settled', async () => {
    const limit = 24 * 2 ** 20;
    await bench.redis.config('SET', 'maxmemory', limit);
    const store = await bench.store();
    const runs = new Map<string, number>();
    const unsettled = ['later', 'never'].flatMap((type) =>
      [1, 2, 3].map((n) => incoming({ type, body: bodyOf(50_000, `${type} ${n}`) })),
    );
    for (const event of unsettled) await store.accept(event);
    await bench.work({
      evictor: { interval: 50 },
      handlers: [
        handler('drain', ({ id }) => void runs.set(id, (runs.get(id) ?? 0) + 1), { types: ['flood'] }),
        handler('later', () => undefined, { types: ['later'], delay: 3_600_000 }),
        handler(
          'never',
          () => {
            throw new Error('never');
          },
          { types: ['never'], retry: retryPolicy({ attempts: 1 }) },
        ),
      ],
    });
    const letters = openDeadLetters(bench.partitions);
    await eventually(async () => (await letters.count()) === 3);

    const kept: IncomingEvent[] = [];
    let fullAt = 0;
    // Twice what Redis has room for.
    await eventually(async () => {
      const events = Array.from({ length: 25 }, () => incoming({ type: 'flood', body: bodyOf(50_000) }));
      const answers = await Promise.all(events.map((event) => store.accept(event)));
      kept.push(...events.filter((_, index) => answers[index]?.kind === 'accepted'));
      if (fullAt === 0 && answers.some(({ kind }) => kind === 'full')) fullAt = kept.length;
      return kept.length * 50_000 > 2 * limit;
    }, 90_000);
    expect(fullAt).toBeGreaterThan(0);

    await eventually(() => runs.size === kept.length);
    await eventually(async () => (await store.accept(incoming({ type: 'flood' }))).kind === 'accepted');
    // One that comes quickly after many others may be refused once more, before the memory was read again.
    const answerTo = (event: IncomingEvent) =>
      eventually(async () => {
        const { kind } = await store.accept(event);
        return kind === 'full' ? false : kind;
      });
    for (const event of kept) expect(await answerTo(event)).toBe('duplicate');
    expect(await bench.redis.zcard(keys.shed)).toBeGreaterThan(kept.length / 2);
    await eventually(async () => (await bench.redis.zcard(keys.eventsOfStatus('queued'))) === 0);
    expect(new Set(runs.values())).toEqual(new Set([1]));

    expect(await Promise.all(unsettled.map(statusOf))).toEqual([
      'dispatched',
      'dispatched',
      'dispatched',
      'dead',
      'dead',
      'dead',
    ]);
    for (const event of unsettled) {
      expect(event.body.equals((await fieldOf(event, 'body')) ?? Buffer.alloc(0))).toBe(true);
      expect((await readContent(bench.partitions, event.id))?.headers).toEqual(event.headers);
    }
  }, 180_000);

  it('sheds the oldest first and no more than it has to, and keeps what tells them apart', async () => {
    const events = await settle(60, 100_000);
    // As they were settled; those of one millisecond by their ids.
    const order = await bench.redis.zrange(keys.expiring, '0', '-1');
    await fillTo(0.65);
    const shed = await open().relieve();
    expect(shed).toBeGreaterThan(0);
    expect(shed).toBeLessThan(30);
    const bodies = await Promise.all(order.map((id) => bench.redis.hexists(keys.event(id), 'body')));
    expect(bodies).toEqual(order.map((_, index) => (index < shed ? 0 : 1)));
    const first = events.find(({ id }) => id === order[0]) as IncomingEvent;
    expect(await findEvent(bench.partitions, first.id)).toMatchObject({
      status: 'unhandled',
      receivedAt: first.receivedAt,
      shedAt: 1_000,
    });
    const record = String(await fieldOf(first, 'record'));
    expect([factsFrom(record).sha256, headersFrom(record)]).toEqual([first.sha256, undefined]);
    expect(await open().relieve()).toBe(0);
  });

  it('does nothing below the mark, and nothing without a limit', async () => {
    await settle(20, 100_000);
    await fillTo(0.58);
    expect(await open().relieve()).toBe(0);
    await bench.redis.config('SET', 'maxmemory', 0);
    expect(await open().relieve()).toBe(0);
    expect(await bench.redis.zcard(keys.expiring)).toBe(20);
  });

  it('touches each event once, however often and by how many it is run, and even when Redis takes no write', async () => {
    const old = await settle(450);
    let counted = 0;
    const meter: Meter = {
      ...NO_METER,
      counter:
        ({ name }) =>
        (_, by) =>
          void (counted += name === 'hookline_events_shed_total' ? (by ?? 1) : 0),
    };
    const relief = open(meter);
    await fillTo(1.2);
    await expect(bench.redis.set(`${bench.prefix}/refused`, 'x')).rejects.toThrow('OOM');
    const both = await Promise.all([relief.relieve(), open(meter).relieve()]);
    expect(both[0] + both[1]).toBe(450);
    // Nothing is left in the list that is read.
    expect([await bench.redis.zcard(keys.expiring), await bench.redis.zcard(keys.shed)]).toEqual([0, 450]);

    await bench.redis.config('SET', 'maxmemory', 0);
    const young = await settle(10);
    await fillTo(1.2);
    clock = 2_000;
    expect(await relief.relieve()).toBe(10);
    expect(counted).toBe(460);
    for (const event of old) expect(String(await fieldOf(event, 'shedAt'))).toBe('1000');
    for (const event of young) expect(String(await fieldOf(event, 'shedAt'))).toBe('2000');
  });

  it('tells an operator once when there is nothing left to shed, and again the next time', async () => {
    await settle(5);
    await fillTo(0.8);
    const relief = open();
    await relief.relieve();
    await relief.relieve();
    expect(errors).toEqual([expect.stringMatching(/Raise maxmemory.*lower EVENT_RETENTION/)]);
    await fillTo(0.4);
    await relief.relieve();
    await fillTo(0.8);
    await relief.relieve();
    expect(errors).toHaveLength(2);
  });
});

describe('an event that was shed', () => {
  it('is known for the whole retention time, and forgotten after it', async () => {
    const [event] = (await settle(1)) as [IncomingEvent];
    const expires = Number(await bench.redis.zscore(keys.expiring, event.id));
    await fillTo(0.8);
    expect(await open().relieve()).toBe(1);
    await bench.redis.config('SET', 'maxmemory', 0);
    const store = await bench.store();
    expect(await forgetExpired(bench.partition, expires - Date.now() - 60_000)).toBe(0);
    expect((await store.accept(event)).kind).toBe('duplicate');
    expect(await forgetExpired(bench.partition, expires - Date.now() + 60_000)).toBe(1);
    expect(await bench.redis.zcard(keys.shed)).toBe(0);
    expect((await store.accept(event)).kind).toBe('accepted');
  });

  it.each([
    ['in place', 1, 0, false],
    ['as if for the first time', 1, 0, true],
    ['by two handlers', 2, 0, false],
    ['after a delay', 1, () => 5, false],
  ])('says so when an operator wants it handled %s after all', async (_how, handlers, delay, anew) => {
    const [event] = (await settle(1)) as [IncomingEvent];
    await fillTo(0.8);
    expect(await open().relieve()).toBe(1);
    await bench.redis.config('SET', 'maxmemory', 0);
    let runs = 0;
    await bench.work({
      ...quiet,
      handlers: Array.from({ length: handlers }, (_each, n) =>
        handler(`new-${n}`, () => void (runs += 1), delay === 0 ? {} : { delay }),
      ),
    });
    const queue = openQuietQueue('default', bench.redis, bench.prefix);
    await (await queue.getJob(event.id))?.retry('completed', { resetAttemptsMade: anew });
    const failed = await eventually(async () => (await queue.getFailed())[0] ?? false);
    expect(failed.failedReason).toMatch(/was shed.*Nothing is damaged/);
    expect([runs, await statusOf(event)]).toEqual([0, 'unhandled']);
    expect(await openDeadLetters(bench.partitions).count()).toBe(0);
    expect((await findEvent(bench.partitions, event.id))?.deliveries).toEqual({});
  });
});

describe('a settled event that an operator has run once more', () => {
  it('keeps its body while that waits', async () => {
    const [event, other] = (await settle(2)) as [IncomingEvent, IncomingEvent];
    const queue = openQuietQueue('default', bench.redis, bench.prefix);
    await (await queue.getJob(event.id))?.retry('completed');
    await fillTo(0.8);
    const relief = open();
    expect(await relief.relieve()).toBe(1);
    expect(await fieldOf(event, 'body')).toEqual(event.body);
    expect(await fieldOf(other, 'body')).toBeNull();
    await bench.redis.config('SET', 'maxmemory', 0);
    const seen: Buffer[] = [];
    await bench.work({ ...quiet, handlers: [handler('new', ({ body }) => void seen.push(body))] });
    await eventually(async () => (await statusOf(event)) === 'handled');
    expect(seen).toEqual([event.body]);
  });

  it('keeps its body while a new handler has not succeeded', async () => {
    const [event] = (await settle(1)) as [IncomingEvent];
    await bench.redis.hset(keys.event(event.id), { to: 'new', 'd/new': 'pending' });
    await fillTo(0.8);
    expect(await open().relieve()).toBe(0);
    expect(await fieldOf(event, 'body')).toEqual(event.body);
  });
});

describe('events that are not settled', () => {
  it('are passed over, whatever list names them', async () => {
    await settle(210);
    const ids = await bench.redis.zrange(keys.expiring, '0', '-1');
    for (const [index, id] of ids.slice(0, 205).entries())
      await bench.redis.hset(keys.event(id), 'status', index % 2 === 0 ? 'dead' : 'dispatched');
    await fillTo(0.8);
    expect(await open().relieve()).toBe(5);
    expect(await bench.redis.zrange(keys.shed, '0', '-1')).toEqual(ids.slice(205));
  });
});
