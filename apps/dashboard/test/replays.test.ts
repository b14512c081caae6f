import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  bodyHash,
  createRegistry,
  DEFAULT_RETRY,
  eventIdOf,
  NO_LOG,
  type Handler,
  type History,
  type IncomingEvent,
} from '@hookline/core';
import { openHistory } from '@hookline/history';
import { EventLog, ReplayRunner } from '@hookline/operations';
import {
  connect,
  createPartition,
  createPartitions,
  findEvent,
  openEventStore,
  openRecordings,
  startWorker,
  type Connection,
  type Partition,
  type Recording,
} from '@hookline/redis';
import { providers } from '@hookline/providers';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recorder } from '../src/recorder/recorder.ts';
import { startDashboard, type Running } from './harness.ts';

const url = testRedisUrl();
const target = { kind: 'url', url } as const;
let folder: string;
let prefix: string;
let redis: Connection;
let partition: Partition;
let history: History;
let recording: Recording;
let running: Running;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  prefix = uniquePrefix();
  redis = connect(target, 'worker');
  partition = createPartition(redis, prefix);
  history = await openHistory({ folder }, { log: NO_LOG });
  [recording] = openRecordings([{ target, prefix }], NO_LOG);
  running = await startDashboard(url, prefix, {}, history);
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  await running.close();
  await recording.close();
  await history.close();
  redis.disconnect();
  rmSync(folder, { recursive: true });
});

/** What ran: `handler customer`, in order. */
let ran: string[];
let isBroken: (customer: number) => boolean;

beforeEach(() => {
  ran = [];
  isBroken = () => false;
});

function handler(name: string, more: Partial<Handler> = {}): Handler {
  return {
    file: `${name}.ts`,
    name,
    provider: 'stripe',
    types: ['invoice.paid'],
    queue: 'default',
    retry: { ...DEFAULT_RETRY, attempts: 1 },
    async run(event) {
      const { customer } = event.payload as { customer: number };
      ran.push(`${name} ${customer}`);
      if (isBroken(customer)) throw new Error(`customer ${customer} cannot be reached`);
    },
    ...more,
  };
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
  let stopped: Promise<unknown> | undefined;
  const stop = () => (stopped ??= worker.stop(2_000));
  ends.push(stop);
  return stop;
}

function incoming(customer: number): IncomingEvent {
  const providerId = `evt_${randomUUID()}`;
  const body = Buffer.from(JSON.stringify({ id: providerId, customer }));
  const now = Date.now();
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    receivedAt: now,
    verifiedAt: now,
    headers: { 'content-type': 'application/json' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
  };
}

/** Accepts so many events and waits until all of them stand as `status`. */
async function accept(
  count: number,
  status: 'handled' | 'dead' | 'unhandled',
): Promise<readonly IncomingEvent[]> {
  const store = await openEventStore({ layout: [{ target, prefix }], log: NO_LOG });
  ends.push(() => store.close());
  await eventually(() => store.ping());
  const events = Array.from({ length: count }, (_, number) => incoming(number));
  for (const event of events) await store.accept(event);
  await eventually(async () => {
    for (const { id } of events)
      if ((await findEvent(createPartitions([partition]), id))?.status !== status)
        throw new Error(`${id} is not ${status} yet`);
  });
  return events;
}

const record = () => new Recorder({ recording, history, log: NO_LOG }).step();

interface Told {
  readonly id: string;
  readonly state: string;
  readonly why?: string;
  readonly total: number;
  readonly position: number;
  readonly queued: number;
  readonly open: number;
  readonly succeeded: number;
  readonly dead: number;
  readonly other: number;
  readonly skipped: Readonly<Record<string, number>>;
}

async function ask(body: object): Promise<{ readonly id: string; readonly total: number }> {
  const answer = await running.send('POST', '/admin/api/replays', body);
  expect(answer.status).toBe(202);
  return (await answer.json()) as { id: string; total: number };
}

const tell = async (id: string) => (await (await running.get(`/admin/api/replays/${id}`)).json()) as Told;

async function untilState(id: string, state: string): Promise<Told> {
  await eventually(async () => {
    const told = await tell(id);
    if (told.state !== state) throw new Error(`it is ${told.state}: ${JSON.stringify(told)}`);
  });
  return tell(id);
}

describe('a replay', () => {
  it('runs what is dead again, and the event is handled; who asked and why is in the audit', async () => {
    isBroken = () => true;
    await work(handler('a'), handler('b'));
    const [event] = await accept(1, 'dead');
    isBroken = () => false;
    ran = [];
    const { id, total } = await ask({ ids: [event?.id], reason: 'mended' });
    expect(total).toBe(1);
    expect(await untilState(id, 'done')).toMatchObject({
      queued: 2,
      succeeded: 2,
      dead: 0,
      open: 0,
      position: 1,
    });
    expect(ran.toSorted()).toEqual(['a 0', 'b 0']);
    expect((await findEvent(createPartitions([partition]), event?.id ?? ''))?.status).toBe('handled');
    // Redis keeps nothing of it for ever.
    const { keys } = partition;
    await eventually(async () => expect(await redis.smembers(keys.replaysUnderWay)).toEqual([]));
    expect(await redis.exists(keys.replayEvents(id))).toBe(0);
    for (const key of [keys.replay(id), keys.replayRuns(id)])
      expect(await redis.pttl(key)).toBeGreaterThan(0);
    await record();
    const { audit } = (await (await running.get('/admin/api/audit?action=replay.start')).json()) as {
      audit: object[];
    };
    expect(audit[0]).toMatchObject({
      actor: 'operator',
      target: event?.id,
      detail: expect.stringContaining('mended'),
    });
  });

  it('runs one handler only, and what was handled and has left Redis too, with its exact bytes', async () => {
    const bodies: Buffer[] = [];
    await work(handler('a', { run: async ({ body }) => void bodies.push(body) }), handler('b'));
    const [event] = await accept(1, 'handled');
    await record();
    expect(await findEvent(createPartitions([partition]), event?.id ?? '')).toBeUndefined();
    ran = [];
    const { id } = await ask({ ids: [event?.providerId], handlers: ['a'] });
    expect(await untilState(id, 'done')).toMatchObject({ queued: 1, succeeded: 1 });
    expect(bodies).toEqual([event?.body, event?.body]);
    expect(ran).toEqual([]);
    await record();
    expect((await history.find(event?.id ?? ('' as never)))?.attempts.length).toBe(3);
  });

  it('of a whole event asks the filters again, and one that names a handler does not', async () => {
    const where = (customer: number) => ({ where: { customer } });
    const stop = await work(handler('a', where(0)), handler('b', where(1)));
    const [first] = await accept(1, 'handled');
    const id = first?.id ?? ('' as never);
    const deliveriesNow = async () => (await history.find(id))?.event.deliveries;
    await record();
    expect(await deliveriesNow()).toEqual([
      { handler: 'a', status: 'succeeded' },
      { handler: 'b', status: 'filtered', reason: 'customer is not 1' },
    ]);
    expect(await findEvent(createPartitions([partition]), id)).toBeUndefined();
    const shown = (await (await running.get(`/admin/api/events/${id}`)).json()) as { deliveries: object[] };
    expect(shown.deliveries).toContainEqual({
      handler: 'b',
      status: 'filtered',
      reason: 'customer is not 1',
    });
    const page = await (await running.get(`/admin/events/${id}`)).text();
    expect(page).toContain('The filter of b refused it: customer is not 1');
    expect(page).toContain('not: customer is not 1');

    ran = [];
    const whole = await ask({ ids: [id] });
    expect(await untilState(whole.id, 'done')).toMatchObject({ queued: 2, succeeded: 1, other: 1, dead: 0 });
    expect(ran).toEqual(['a 0']);
    expect(await findEvent(createPartitions([partition]), id)).toMatchObject({
      status: 'handled',
      deliveries: { a: 'succeeded', b: 'filtered' },
    });

    const named = await ask({ ids: [id], handlers: ['b'] });
    expect(await untilState(named.id, 'done')).toMatchObject({ queued: 1, succeeded: 1 });
    expect(ran).toEqual(['a 0', 'b 0']);
    await record();
    expect(await deliveriesNow()).toEqual([
      { handler: 'a', status: 'succeeded' },
      { handler: 'b', status: 'succeeded' },
    ]);

    // Both were given it before; today's filters refuse it.
    await stop();
    await work(handler('a', where(7)), handler('b', where(8)));
    ran = [];
    const again = await ask({ ids: [id], reason: 'once more' });
    expect(await untilState(again.id, 'done')).toMatchObject({ queued: 2, other: 2 });
    expect(ran).toEqual([]);
    await record();
    expect((await history.find(id))?.event).toMatchObject({
      status: 'unhandled',
      deliveries: [
        { handler: 'a', status: 'filtered', reason: 'customer is not 7' },
        { handler: 'b', status: 'filtered', reason: 'customer is not 8' },
      ],
    });
    const explained = await (await running.get(`/admin/api/explain/${id}`)).text();
    expect(explained).toContain('The filter of a refused it: customer is not 7');
  });

  it('of what a filter refused whose handler is gone leaves no dead letter', async () => {
    const stop = await work(handler('a', { where: { customer: 7 } }));
    const [event] = await accept(1, 'unhandled');
    await stop();
    await work(handler('other', { types: ['customer.created'] }));
    const { id } = await ask({ ids: [event?.id] });
    expect(await untilState(id, 'done')).toMatchObject({ queued: 1, other: 1, dead: 0 });
    expect((await findEvent(createPartitions([partition]), event?.id ?? ''))?.status).toBe('unhandled');
  });

  it('gives what nobody wanted to a handler that there is now', async () => {
    const stop = await work(handler('other', { types: ['customer.created'] }));
    const events = await accept(2, 'unhandled');
    await record();
    await stop();
    await work(handler('a'));
    const { id } = await ask({ query: 'status:unhandled' });
    expect(await untilState(id, 'done')).toMatchObject({ total: 2, queued: 2, succeeded: 2, other: 0 });
    // The rescuer may have given them to it already.
    expect(new Set(ran)).toEqual(new Set(['a 0', 'a 1']));
    expect(events.length).toBe(2);
  });

  it('counts first, and a double click is one replay', async () => {
    await work(handler('a'));
    const events = await accept(3, 'handled');
    await record();
    ran = [];
    const counted = await running.send('POST', '/admin/api/replays', {
      query: { status: 'handled' },
      dryRun: true,
    });
    expect([counted.status, await counted.json()]).toEqual([202, { id: null, total: 3 }]);
    const body = { ids: events.map(({ id }) => id) };
    const [first, second] = await Promise.all([ask(body), ask(body)]);
    expect(first).toEqual(second);
    await untilState(first.id, 'done');
    expect(ran.toSorted()).toEqual(['a 0', 'a 1', 'a 2']);
  });

  it('leaves alone what is open anyway', async () => {
    let goOn = (): void => undefined;
    const going = new Promise<void>((resolve) => (goOn = resolve));
    await work(handler('a', { run: () => going }));
    const store = await openEventStore({ layout: [{ target, prefix }], log: NO_LOG });
    ends.push(() => store.close());
    await eventually(() => store.ping());
    const event = incoming(1);
    await store.accept(event);
    await eventually(async () =>
      expect((await findEvent(createPartitions([partition]), event.id))?.deliveries).toEqual({
        a: 'pending',
      }),
    );
    const { id } = await ask({ ids: [event.id] });
    expect((await untilState(id, 'done')).skipped).toEqual({ 'it is open: it waits or runs anyway': 1 });
    goOn();
  });

  it('of a canary stops by itself when too many fail, and says why', async () => {
    isBroken = () => true;
    await work(handler('a'));
    await accept(40, 'dead');
    await record();
    ran = [];
    // Those that are to run at first work, and some of those after them do not.
    isBroken = (customer) => customer > 3;
    const { id, total } = await ask({ query: 'status:dead', canary: true, rate: 1_000 });
    expect(total).toBe(40);
    const told = await untilState(id, 'stopped');
    expect(told).toMatchObject({ queued: 10, succeeded: 4, dead: 6, open: 0 });
    expect(told.why).toMatch(/6 of the first 10 failed, which is more than 20 %/);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(ran.length).toBe(10);
  });

  it('of a canary goes through when few fail', async () => {
    isBroken = () => true;
    await work(handler('a'));
    await accept(130, 'dead');
    await record();
    isBroken = (customer) => customer === 50;
    const { id } = await ask({ query: 'status:dead', canary: true, rate: 2_000 });
    expect(await untilState(id, 'done')).toMatchObject({ queued: 130, succeeded: 129, dead: 1 });
  });

  it('rests, goes on and stops when it is told to', async () => {
    isBroken = () => true;
    await work(handler('a'));
    await accept(30, 'dead');
    await record();
    ran = [];
    isBroken = () => false;
    const { id } = await ask({ query: 'status:dead', rate: 4 });
    const turn = async (verb: string) =>
      (await running.send('POST', `/admin/api/replays/${id}/${verb}`)).status;
    await eventually(async () => expect((await tell(id)).position).toBeGreaterThan(0));
    expect(await turn('pause')).toBe(200);
    const { position } = await untilState(id, 'paused');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await tell(id)).position).toBeLessThanOrEqual(position + 1);
    expect(await turn('pause')).toBe(409);
    expect(await turn('resume')).toBe(200);
    expect(await turn('stop')).toBe(200);
    await untilState(id, 'stopped');
    expect(ran.length).toBeLessThan(30);
    expect((await running.send('POST', '/admin/api/replays/none/stop')).status).toBe(404);
  });

  it.each([
    [{}, 400],
    [{ ids: ['a'], query: 'b' }, 400],
    [{ query: 'status:lost' }, 400],
    [{ ids: ['stripe.never'] }, 404],
    [{ ids: ['x'], rate: 0 }, 400],
  ])('refuses %j', async (body, status) => {
    expect((await running.send('POST', '/admin/api/replays', body)).status).toBe(status);
  });
});

it('does not replay what has left Redis when its signature does not hold any more', async () => {
  await work(handler('a'));
  const [event] = await accept(1, 'handled');
  await record();
  const provider = providers.get('stripe');
  if (provider === undefined || event === undefined) throw new Error('there is no such provider');
  const source = { name: 'stripe', provider, secrets: () => ['whsec_of-today'], priorityOf: () => undefined };
  const signed = {
    ...event,
    headers: { 'stripe-signature': `t=${Math.floor(event.receivedAt / 1_000)},v1=${'0'.repeat(64)}` },
  };
  const log = new EventLog({
    partitions: createPartitions([partition]),
    history: async () =>
      ({
        ...history,
        find: (id) => history.find(id),
        body: async () => ({ kind: 'whole', ...signed }),
      }) as History,
    sources: new Map([['stripe', source]]),
  });
  expect(await log.restore(event.id, 1_000)).toMatch(
    /its signature does not hold with today's secrets of 'stripe' \(mismatch\)/,
  );
});

describe('whoever carries replays out', () => {
  it('may die anywhere: who goes on repeats nothing and leaves nothing out', async () => {
    isBroken = () => true;
    await work(handler('a'), handler('b'));
    const events = await accept(8, 'dead');
    await record();
    isBroken = () => false;
    await running.close();
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ call: fc.integer({ min: 0, max: 30 }), isDone: fc.boolean() }), {
          maxLength: 4,
        }),
        async (deaths) => {
          ran = [];
          round += 1;
          const log = logOver(partition);
          const { askReplay } = await import('@hookline/operations');
          const begun = await askReplay(
            log,
            { what: { kind: 'ids', ids: events.map(({ id }) => id) }, by: 'ann', reason: `round ${round}` },
            false,
            Date.now(),
          );
          if (begun.kind !== 'begun') throw new Error(begun.kind);
          for (const death of deaths) {
            await new ReplayRunner(logOver(dying(death)), 3_600_000).step().catch(() => undefined);
            await redis.del(partition.keys.replaysLease);
          }
          const runner = new ReplayRunner(log, 3_600_000);
          await eventually(async () => {
            await runner.step();
            expect(await redis.hget(partition.keys.replay(begun.id), 'state')).toBe('done');
          });
          await redis.del(partition.keys.replaysLease);
          expect(ran.toSorted()).toEqual(
            events.flatMap((_, customer) => [`a ${customer}`, `b ${customer}`]).toSorted(),
          );
          const counts = await redis.hmget(partition.keys.replay(begun.id), 'succeeded', 'dead', 'position');
          expect(counts).toEqual(['16', null, '8']);
        },
      ),
      { numRuns: 12 },
    );
    running = await startDashboard(url, prefix, {}, history);
  });

  const logOver = (its: Partition) =>
    new EventLog({ partitions: createPartitions([its]), history: async () => history, sources: new Map() });

  /** A partition whose process dies at one of its calls: before it, or when Redis has done it and nobody hears. */
  function dying({ call, isDone }: { readonly call: number; readonly isDone: boolean }): Partition {
    let calls = 0;
    const run: Partition['run'] = async (name, given) => {
      calls += 1;
      if (calls <= call) return partition.run(name, given);
      if (isDone && calls === call + 1) await partition.run(name, given);
      throw new Error('killed');
    };
    return { ...partition, run };
  }
});
