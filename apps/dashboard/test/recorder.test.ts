import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  bodyHash,
  createRegistry,
  DEFAULT_RETRY,
  eventIdOf,
  NO_LOG,
  type Handler,
  type History,
  type HistoryBlock,
  type IncomingEvent,
  type Revision,
} from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createPartition,
  createPartitions,
  findEvent,
  openDeadLetters,
  openEventStore,
  openRecordings,
  startWorker,
  type Connection,
  type ReadEvent,
  type Recording,
} from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recorder } from '../src/recorder/recorder.ts';

let folder: string;
let prefix: string;
let redis: Connection;
let history: History;
let recording: Recording;
let ends: (() => Promise<unknown>)[];

const target = { kind: 'url', url: testRedisUrl() } as const;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  prefix = uniquePrefix();
  redis = connect(target, 'worker');
  history = await openHistory({ folder }, { log: NO_LOG });
  [recording] = openRecordings([{ target, prefix }], NO_LOG);
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  await recording.close();
  await history.close();
  redis.disconnect();
  rmSync(folder, { recursive: true });
});

async function openStore() {
  const store = await openEventStore({ layout: [{ target, prefix }], log: NO_LOG });
  ends.push(() => store.close());
  await eventually(() => store.ping());
  return store;
}

async function work(...handlers: Handler[]) {
  const worker = await startWorker({
    layout: [{ target, prefix }],
    registry: createRegistry({ handlers, jobs: [], schedules: [] }),
    parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
    log: NO_LOG,
    concurrency: 5,
    queues: {},
    retention: 3_600_000,
    jobRetention: 3_600_000,
    defaultTimeout: 60_000,
  });
  const stop = () => worker.stop(2_000);
  ends.push(stop);
  return stop;
}

function handler(name: string, run: Handler['run']): Handler {
  const file = `${name}.ts`;
  return {
    file,
    name,
    provider: 'stripe',
    types: ['invoice.paid'],
    queue: 'default',
    retry: DEFAULT_RETRY,
    run,
  };
}

function incoming(more: Partial<IncomingEvent> = {}): IncomingEvent {
  const providerId = `evt_${randomUUID()}`;
  const body = Buffer.from(JSON.stringify({ id: providerId, customer: `cus_${providerId}` }));
  const now = Date.now();
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    receivedAt: now,
    verifiedAt: now,
    headers: { 'content-type': 'application/json', 'user-agent': 'Stripe/1.0' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    ...more,
  };
}

const recorder = (parts: { history?: History; recording?: Recording } = {}, settings = {}) =>
  new Recorder({ recording, history, log: NO_LOG, ...parts }, settings);

const inRedis = async ({ id }: IncomingEvent) =>
  (await findEvent(createPartitions([createPartition(redis, prefix)]), id))?.status;
const statusOf = async ({ id }: IncomingEvent) => (await history.find(id))?.event.status;

describe('the recorder', () => {
  it('records what waits, while it waits', async () => {
    const store = await openStore();
    const event = incoming();
    await store.accept(event);
    await recorder().step();
    expect(await history.find(event.id)).toMatchObject({
      event: { status: 'queued' },
      headers: event.headers,
    });
    expect(await history.body(event.id)).toMatchObject({ kind: 'whole', body: event.body });
    expect(await inRedis(event)).toBe('queued');
  });

  it('records how it ended, attempt by attempt, and then lets Redis forget all but the id', async () => {
    const store = await openStore();
    await work(
      handler('charge', async (_, ctx) => {
        ctx.log.info('charging', { attempt: ctx.attempt });
      }),
    );
    const event = incoming();
    await store.accept(event);
    const its = recorder();
    await eventually(async () => {
      await its.step();
      return (await inRedis(event)) === undefined;
    }, 20_000);
    expect(await history.find(event.id)).toMatchObject({
      event: { status: 'handled', deliveries: [{ handler: 'charge', status: 'succeeded' }] },
      attempts: [{ handler: 'charge', number: 1, outcome: 'succeeded', log: [{ message: 'charging' }] }],
    });
    expect(await history.body(event.id)).toMatchObject({ kind: 'whole', body: event.body });
    expect(await store.accept(event)).toEqual({ kind: 'duplicate', id: event.id });
    expect(await redis.xlen(`${prefix}/changes`)).toBe(0);
  });

  it('gives up nothing that could not be recorded', async () => {
    const store = await openStore();
    await work(handler('h', async () => undefined));
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await inRedis(event)) === 'handled');
    const full: History = Object.create(history, {
      record: { value: () => Promise.reject(new Error('the disk is full')) },
    }) as History;
    const broken = recorder({ history: full });
    for (let round = 0; round < 3; round += 1) expect(await broken.guardedStep()).toBe(false);
    expect(await inRedis(event)).toBe('handled');
    expect(await redis.xlen(`${prefix}/changes`)).toBeGreaterThan(0);
    const its = recorder();
    await eventually(async () => {
      expect(await its.guardedStep()).toBe(true);
      return (await inRedis(event)) === undefined;
    }, 20_000);
    expect(await statusOf(event)).toBe('handled');
  });

  it('records what was there before anybody recorded, though nothing tells of it', async () => {
    const store = await openStore();
    const stop = await work(handler('h', async () => undefined));
    const [done, waiting] = [incoming(), incoming({ type: 'nobody.asks' })];
    await store.accept(done);
    await eventually(async () => (await inRedis(done)) === 'handled');
    await stop();
    await store.accept(waiting);
    await redis.del(`${prefix}/changes`);
    await recorder().step();
    expect([await statusOf(done), await statusOf(waiting)]).toEqual(['handled', 'queued']);
    expect(await inRedis(done)).toBeUndefined();
    expect(await inRedis(waiting)).toBe('queued');
  });

  it('begins anew when Redis is another one', async () => {
    const store = await openStore();
    const its = recorder();
    await store.accept(incoming());
    await its.step();
    await redis.del(`${prefix}/changes`);
    await redis.xadd(`${prefix}/changes`, '1-1', 'accepted', 'stripe.gone');
    await redis.xdel(`${prefix}/changes`, '1-1');
    await redis.del(`${prefix}/history/once`);
    const event = incoming();
    const keys = createPartition(redis, prefix).keys;
    await redis.hset(keys.event(event.id), { ...plain(event), status: 'queued', statusAt: 1 });
    await redis.xadd(`${prefix}/changes`, '1-2', 'accepted', event.id);
    await its.step();
    expect(await statusOf(event)).toBe('queued');
  });

  it('gives up once more what is there again with a server that took over and had not heard of it', async () => {
    const store = await openStore();
    await work(handler('h', async () => undefined));
    const its = recorder();
    await its.step();
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await inRedis(event)) === 'handled');
    const { keys } = createPartition(redis, prefix);
    const lost = [keys.event(event.id), keys.expiring, keys.changes];
    const before = await Promise.all(lost.map((key) => redis.dumpBuffer(key)));
    await eventually(async () => {
      await its.step();
      return (await inRedis(event)) === undefined;
    });
    await redis.del(keys.known(event.id));
    for (const [index, key] of lost.entries())
      await redis.restore(key, 0, before[index] ?? Buffer.of(), 'REPLACE');
    expect(await inRedis(event)).toBe('handled');
    // The stream goes on as if nothing were.
    await store.accept(incoming({ type: 'nobody.asks' }));
    await eventually(async () => {
      await its.step();
      return (await inRedis(event)) === undefined;
    }, 5_000);
  });

  it('looks once more at all that is settled when it was connected anew, maybe to a server that has not heard of all', async () => {
    const store = await openStore();
    await work(handler('h', async () => undefined));
    const [own] = openRecordings([{ target, prefix }], NO_LOG);
    ends.push(() => own.close());
    let connections = 1;
    const its = recorder({
      recording: {
        ...own,
        get connections() {
          return connections;
        },
      },
    });
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await inRedis(event)) === 'handled');
    const { keys } = createPartition(redis, prefix);
    const lost = [keys.event(event.id), keys.expiring];
    const before = await Promise.all(lost.map((key) => redis.dumpBuffer(key)));
    await eventually(async () => {
      await its.step();
      return (await inRedis(event)) === undefined;
    });
    await redis.del(keys.known(event.id));
    for (const [index, key] of lost.entries())
      await redis.restore(key, 0, before[index] ?? Buffer.of(), 'REPLACE');
    await its.step();
    expect(await inRedis(event)).toBe('handled');
    connections = 2;
    await its.step();
    expect(await inRedis(event)).toBeUndefined();
  });

  it('gives up what another had recorded and left when it died, as soon as it takes over', async () => {
    const store = await openStore();
    await work(handler('h', async () => undefined));
    const its = recorder();
    await its.step();
    const [other] = openRecordings([{ target, prefix }], NO_LOG);
    ends.push(() => other.close());
    const dying = changed(other, { giveUp: () => Promise.reject(new Error('killed')) });
    const event = incoming();
    await store.accept(event);
    await eventually(async () => (await inRedis(event)) === 'handled');
    const { recorderLease } = createPartition(redis, prefix).keys;
    await redis.del(recorderLease);
    expect(await recorder({ recording: dying }).guardedStep()).toBe(false);
    expect(await its.step()).toBe(0);
    await redis.del(recorderLease);
    await eventually(async () => {
      await its.step();
      return (await inRedis(event)) === undefined;
    });
  });

  it('looks less and less often at what may not leave Redis yet', async () => {
    const store = await openStore();
    await work(handler('h', async () => undefined));
    const event = incoming({ type: 'nobody.asks' });
    await store.accept(event);
    await eventually(async () => (await inRedis(event)) === 'unhandled');
    const looks: number[] = [];
    const look: Recording['changes']['look'] = (ids) => {
      looks.push(performance.now());
      return recording.changes.look(ids);
    };
    const its = recorder({ recording: changed(recording, { look }) }, { later: 50 });
    await eventually(async () => {
      await its.step();
      return looks.length >= 4;
    });
    // At most so long after one another: 50 ms, then twice as long each time.
    const [first = 0, , , fourth = 0] = looks;
    expect(fourth - first).toBeGreaterThan(100 + 200 + 400 - 5);
    expect(await inRedis(event)).toBe('unhandled');
  });

  it('records what operators did and what was refused, once, and keeps none of it in Redis', async () => {
    const store = await openStore();
    const { connection, keys } = createPartition(redis, prefix);
    const refusal = {
      at: 5,
      source: 'stripe',
      provider: 'stripe',
      status: 401,
      reason: 'mismatch',
      likely: undefined,
      headers: { 'user-agent': 'x' },
      excerpt: Buffer.from([0, 255]),
      bytes: 2,
      suppressed: 3,
      peer: '203.0.113.9',
    };
    await store.noteRefusals([refusal, { ...refusal, at: 6 }]);
    await openDeadLetters(createPartitions([createPartition(redis, prefix)]), Date.now, 'ann').discard(
      'nothing',
    );
    await redis.xadd(keys.audit, '*', 'act', 'no JSON');
    const [kept] = await redis.xrange(keys.audit, '-', '+', 'COUNT', 1);
    await recorder().step();
    expect((await history.refusals({ limit: 5 })).items).toMatchObject([{ ...refusal, at: 6 }, refusal]);
    const acts = [{ actor: 'ann', action: 'dead-letter.discard', target: 'nothing', outcome: 'gone' }];
    expect((await history.audit({ limit: 5 })).items).toMatchObject(acts);
    expect(await Promise.all([connection.xlen(keys.audit), connection.xlen(keys.refusals)])).toEqual([0, 0]);
    // It died before it could forget: what it finds again is recorded once.
    await redis.del(keys.audit);
    await redis.xadd(keys.audit, kept?.[0] ?? '*', ...(kept?.[1] ?? []));
    await recorder().step();
    expect((await history.audit({ limit: 5 })).items).toHaveLength(1);
  });

  it('works in one process at a time, and goes on in another', async () => {
    const store = await openStore();
    const [other] = openRecordings([{ target, prefix }], NO_LOG);
    const event = incoming();
    await recorder().step();
    await store.accept(event);
    expect(await recorder({ recording: other }).step()).toBe(0);
    await recording.close();
    expect(await recorder({ recording: other }).step()).toBe(1);
    await other.close();
    expect(await statusOf(event)).toBe('queued');
  });
});

/** The same with other ways of its changes. */
function changed(original: Recording, over: Partial<Recording['changes']>): Recording {
  const { changes } = original;
  return {
    ...original,
    changes: {
      read: (after) => changes.read(after),
      trim: (upTo) => changes.trim(upTo),
      giveUp: (events) => changes.giveUp(events),
      look: (ids) => changes.look(ids),
      lag: () => changes.lag(),
      all: (which) => changes.all(which),
      ...over,
    },
  };
}

function plain({
  source,
  provider,
  providerId,
  type,
  receivedAt,
  verifiedAt,
  headers,
  body,
  sha256,
}: IncomingEvent) {
  return {
    source,
    provider,
    providerId,
    type,
    receivedAt,
    verifiedAt,
    recordedAt: receivedAt,
    headers: JSON.stringify(headers),
    body,
    sha256,
    bodyTrusted: 1,
  };
}

/** Lets a call through, and dies before it or after it when its turn comes. */
function dying(calls: { left: number }, when: 'before' | 'after') {
  return <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const isLast = (calls.left -= 1) === 0;
      if (isLast && when === 'before') throw new Error('died');
      const result = await call(...args);
      if (isLast) throw new Error('died');
      return result;
    };
}

describe('a recorder that dies', () => {
  it('has recorded every event once, with the right bytes and the right end, wherever it died', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ calls: fc.integer({ min: 1, max: 9 }), when: fc.constantFrom('before', 'after') }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        async (deaths) => {
          await redis.del(`${prefix}/history/once`);
          const store = await openStore();
          const stop = await work(handler('h', async () => undefined));
          const events = Array.from({ length: 12 }, () => incoming());
          for (const [index, event] of events.entries()) {
            await store.accept(event);
            const death = deaths[index % deaths.length];
            if (death === undefined || index >= deaths.length) continue;
            const die = dying({ left: death.calls }, death.when as 'before');
            const { changes } = recording;
            const mortal = recorder({
              history: Object.create(history, {
                record: { value: die((block: HistoryBlock) => history.record(block)) },
                cursor: { value: die((name: string) => history.cursor(name)) },
              }) as History,
              recording: {
                ...recording,
                lead: die((duration: number) => recording.lead(duration)),
                changes: Object.create(changes, {
                  read: { value: die((after: Revision) => changes.read(after)) },
                  giveUp: { value: die((given: readonly ReadEvent[]) => changes.giveUp(given)) },
                  trim: { value: die((upTo: Revision) => changes.trim(upTo)) },
                }) as typeof changes,
              },
            });
            await mortal.guardedStep();
          }
          const last = recorder({}, { sweepInterval: 0 });
          await eventually(async () => {
            await last.step();
            return (await Promise.all(events.map(inRedis))).every((status) => status === undefined);
          }, 30_000);
          await stop();
          for (const event of events) {
            const found = await history.find(event.id);
            expect(found?.event.status).toBe('handled');
            expect(found?.attempts).toHaveLength(1);
            expect(await history.body(event.id)).toMatchObject({ kind: 'whole', body: event.body });
            expect(await store.accept(event)).toMatchObject({ kind: 'duplicate' });
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);
});
