import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  bodyHash,
  createRegistry,
  DEFAULT_RETRY,
  eventIdOf,
  layoutOf,
  NO_LOG,
  type Handler,
  type IncomingEvent,
  type Layout,
} from '@hookline/core';
import { askReplay, EventLog, ReplayRunner } from '@hookline/operations';
import {
  advanceReplay,
  findEvent,
  findReplay,
  openEventStore,
  openPartitions,
  startWorker,
  type OpenPartitions,
} from '@hookline/redis';
import { eventually, startOwnRedis, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { randomUUID } from 'node:crypto';

let servers: readonly [OwnRedis, OwnRedis];
let layout: Layout;
let partitions: OpenPartitions;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  servers = await Promise.all([startOwnRedis(), startOwnRedis()]);
  const [here, there] = servers;
  layout = layoutOf(
    [
      { kind: 'url', url: here.url },
      { kind: 'url', url: there.url },
    ],
    uniquePrefix(),
    4,
  );
  partitions = openPartitions(layout, 'producer', NO_LOG);
  await partitions.ready();
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  partitions.close();
  for (const server of servers) await server.stop();
});

function incoming(): IncomingEvent {
  const providerId = `evt_${randomUUID()}`;
  const body = Buffer.from(JSON.stringify({ id: providerId }));
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    receivedAt: Date.now(),
    verifiedAt: Date.now(),
    headers: {},
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
  };
}

async function work(run: Handler['run']) {
  const handler: Handler = {
    file: 'mail.ts',
    name: 'mail',
    provider: 'stripe',
    types: ['invoice.paid'],
    queue: 'default',
    retry: { ...DEFAULT_RETRY, attempts: 1 },
    run,
  };
  const worker = await startWorker({
    layout,
    registry: createRegistry({ handlers: [handler], jobs: [], schedules: [] }),
    parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
    log: NO_LOG,
    concurrency: 5,
    queues: {},
    retention: 3_600_000,
    jobRetention: 3_600_000,
    defaultTimeout: 60_000,
  });
  ends.push(() => worker.stop(1_000));
}

async function accept(events: readonly IncomingEvent[]) {
  const store = await openEventStore({ layout, log: NO_LOG });
  await eventually(() => store.ping());
  for (const event of events) await store.accept(event);
  await store.close();
}

describe('a replay over partitions on two Redis', () => {
  it('runs each event once more though its runner dies and a Redis is away for a while', async () => {
    const runs = new Map<string, number>();
    await work(({ id }) => void runs.set(id, (runs.get(id) ?? 0) + 1));
    const events = Array.from({ length: 30 }, incoming);
    await accept(events);
    const isHandled = async ({ id }: IncomingEvent) =>
      (await findEvent(partitions, id))?.status === 'handled';
    for (const event of events) await eventually(() => isHandled(event));

    const log = new EventLog({ partitions, history: async () => undefined, sources: new Map() });
    const what = { kind: 'ids', ids: events.map(({ id }) => id) } as const;
    const begun = await askReplay(log, { what, by: 'ann', rate: 40 }, false, Date.now());
    const id = begun.kind === 'begun' ? begun.id : '';
    // Each step is another runner's, and every other one forgot how far it was.
    let now = Date.now();
    const step = () => new ReplayRunner(log, 3_600_000, () => now).step();
    const leaseOf = partitions.home.keys.replaysLease;
    const goOn = async () => {
      await partitions.home.connection.del(leaseOf);
      now += 250;
      await step();
    };
    await goOn();
    expect(await findReplay(partitions, id)).toMatchObject({ state: 'running', position: 10, queued: 10 });
    await advanceReplay(partitions, id, 5, undefined);
    await goOn();
    expect(await findReplay(partitions, id)).toMatchObject({ position: 15, queued: 15 });

    await servers[1].kill();
    await goOn();
    await goOn();
    expect(await findReplay(partitions, id)).toMatchObject({ state: 'running', position: 15, away: [1, 3] });
    await servers[1].restart();
    await eventually(async () => {
      await goOn();
      expect(await findReplay(partitions, id)).toMatchObject({ state: 'done', position: 30 });
    }, 60_000);
    expect(await findReplay(partitions, id)).toMatchObject({ queued: 30, open: 0, succeeded: 30 });
    expect([...runs.values()]).toEqual(Array.from({ length: 30 }, () => 2));
  });
});
