import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bodyHash,
  createRegistry,
  DEFAULT_RETRY,
  eventIdOf,
  layoutOf,
  NO_LOG,
  NO_METER,
  partitionOfEvent,
  type Handler,
  type IncomingEvent,
  type PartitionAddress,
} from '@hookline/core';
import {
  connect,
  createPartition,
  createPartitions,
  openEventStore,
  startWorker,
  type Connection,
  type Partitions,
  type RedisEventStore,
  type RunningWorker,
} from '@hookline/redis';
import { eventually, startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRecorder, type StartedRecorder } from '../src/recorder/start.ts';
import { openQueue, startDashboardOver, type Running } from './harness.ts';

const COUNT = 4;
const EVENTS = 40;
const DAY = 86_400_000;
const prefix = uniquePrefix();
const layout = layoutOf([{ kind: 'url', url: testRedisUrl() }], prefix, COUNT);
const folder = mkdtempSync(join(tmpdir(), 'partitions-'));

let redis: Connection;
let partitions: Partitions;
let stores: RedisEventStore[];
let worker: RunningWorker;
let recorder: StartedRecorder;
let running: Running;
let isBroken = true;
let events: readonly IncomingEvent[];

const openStore = (address: PartitionAddress) => openEventStore({ layout: [address], log: NO_LOG });

function handler(name: string, type: string, run: Handler['run']): Handler {
  const retry = { ...DEFAULT_RETRY, attempts: 1 };
  return { file: `${name}.ts`, name, provider: 'stripe', types: [type], queue: 'default', retry, run };
}

function work(): Promise<RunningWorker> {
  return startWorker({
    layout,
    registry: createRegistry({
      handlers: [
        handler('book', 'invoice.paid', async () => undefined),
        handler('charge', 'charge.failed', async () => {
          if (isBroken) throw new Error('no card');
        }),
      ],
      jobs: [],
      schedules: [],
    }),
    parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
    log: NO_LOG,
    concurrency: 5,
    queues: {},
    retention: DAY,
    jobRetention: DAY,
    defaultTimeout: 60_000,
  });
}

/** Every second one dies. */
function incoming(number: number): IncomingEvent {
  const providerId = `evt_${number}`;
  const customer = `cus_${number}`;
  const body = Buffer.from(JSON.stringify({ id: providerId, customer }));
  const now = Date.now();
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: number % 2 === 0 ? 'invoice.paid' : 'charge.failed',
    subject: customer,
    receivedAt: now,
    verifiedAt: now,
    headers: { 'content-type': 'application/json' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
  };
}

beforeAll(async () => {
  redis = connect(layout[0].target, 'worker');
  const [home, ...others] = layout.map((address) => createPartition(redis, address.prefix));
  if (home === undefined) throw new Error('there is no partition');
  partitions = createPartitions([home, ...others]);
  stores = await Promise.all(layout.map(openStore));
  for (const store of stores) await eventually(() => store.ping());
  events = Array.from({ length: EVENTS }, (_, number) => incoming(number));
  for (const event of events) await stores[partitionOfEvent(event, COUNT)]?.accept(event);
  worker = await work();
  recorder = await startRecorder({
    layout,
    history: { place: { folder }, retention: 30 * DAY, most: new Map() },
    log: NO_LOG,
    meter: NO_METER,
  });
  running = await startDashboardOver(layout, {}, recorder.history());
  await eventually(async () => expect((await read('/system')).state.deadLetters).toBe(EVENTS / 2));
  await eventually(async () => expect((await read('/events?limit=100')).events).toHaveLength(EVENTS));
  await eventually(async () =>
    expect((await read('/events?q=status:handled&limit=100')).events).toHaveLength(20),
  );
}, 120_000);

afterAll(async () => {
  await worker?.stop(2_000);
  await running?.close();
  await recorder?.stop();
  for (const store of stores) await store.close();
  redis.disconnect();
  rmSync(folder, { recursive: true });
});

// oxlint-disable-next-line typescript/no-explicit-any
type Answer = Record<string, any>;
const read = async (path: string) => (await running.get(`/admin/api${path}`)).json() as Promise<Answer>;
const board = async (query = '') =>
  (await (await running.get(`/admin/queues/api/queues?${query}`)).json()) as {
    queues: {
      name: string;
      description?: string;
      isPaused: boolean;
      counts: Record<string, number>;
      jobs: Answer[];
    }[];
  };
const boardQueue = async (name: string, query = '') =>
  (await board(`activeQueue=${name}&jobsPerPage=6&${query}`)).queues.find((queue) => queue.name === name);

describe('several partitions', () => {
  it('are recorded as one history, and each event says where it belongs', async () => {
    const found = await read('/events?q=cus_7');
    expect(found.events).toMatchObject([{ id: 'stripe.evt_7', status: 'dead' }]);
    const places = await Promise.all(
      events.map(
        async ({ id }) => (await read(`/events/${encodeURIComponent(id)}`)).event.partition as number,
      ),
    );
    expect(places).toEqual(events.map((event) => partitionOfEvent(event, COUNT)));
    expect(new Set(places).size).toBe(COUNT);
    const page = await (await running.get('/admin/events/stripe.evt_7')).text();
    expect(page).toMatch(/Partition<\/dt><dd>\d/);
  });

  it('are counted as one system, on the Redis that holds them', async () => {
    const { state, warnings } = await read('/system');
    expect(state).toMatchObject({ away: [], nodes: [{ partitions: [0, 1, 2, 3] }] });
    expect(warnings).not.toContainEqual(expect.stringContaining('partition'));
    const { queues } = await read('/queues');
    expect(queues).toMatchObject([{ name: 'default', failed: EVENTS / 2, paused: false }]);
  });

  it('are one queue on the board: its pages hold every job once, the newest first', async () => {
    expect((await boardQueue('dead-letter'))?.counts['waiting']).toBe(EVENTS / 2);
    const seen: { id: string; finishedOn: number }[] = [];
    for (let page = 1; page <= 4; page += 1) {
      const queue = await boardQueue('default', `status=failed&page=${page}`);
      expect(queue?.counts['failed']).toBe(EVENTS / 2);
      expect(queue?.jobs).toHaveLength(page < 4 ? 6 : 2);
      seen.push(...((queue?.jobs ?? []) as typeof seen));
    }
    const times = seen.map(({ finishedOn }) => finishedOn);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(seen.map(({ id }) => id).toSorted()).toEqual(
      events
        .filter(({ type }) => type === 'charge.failed')
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  it('run a failed job again wherever it lies, by the board and by a replay', async () => {
    isBroken = false;
    const [first, ...others] = events.filter(({ type }) => type === 'charge.failed');
    const retried = await running.send('PUT', `/admin/queues/api/queues/default/${first?.id}/retry`);
    expect(retried.status).toBe(204);
    const statusOf = async (id = '') =>
      (await read(`/events/${encodeURIComponent(id)}`)).event.status as string;
    await eventually(async () => expect(await statusOf(first?.id)).toBe('handled'));
    const ids = others.map(({ id }) => id);
    const begun = await running.send('POST', '/admin/api/replays', { ids, rate: 1_000 });
    const { id } = (await begun.json()) as { id: string };
    await eventually(
      async () =>
        expect(await read(`/replays/${id}`)).toMatchObject({ state: 'done', succeeded: ids.length }),
      30_000,
    );
    await eventually(async () => expect((await read('/system')).state.deadLetters).toBe(0));
    await eventually(async () =>
      expect((await read('/events?q=status:handled&limit=100')).events).toHaveLength(EVENTS),
    );
  }, 60_000);

  it('pause a queue in all, and say where it is paused in some only', async () => {
    const part = openQueue(testRedisUrl(), layout[2]?.prefix ?? '', 'default');
    await part.pause();
    const paused = async () => (await read('/queues')).queues[0] as Answer;
    expect(await paused()).toMatchObject({ paused: false, pausedIn: [2] });
    expect((await boardQueue('default'))?.isPaused).toBe(false);
    expect(await (await running.get('/admin/backlog')).text()).toContain('in partition 2');
    await running.send('POST', '/admin/api/queues/default/pause', {});
    expect(await paused()).toMatchObject({ paused: true });
    expect((await boardQueue('default'))?.isPaused).toBe(true);
    await running.send('PUT', '/admin/queues/api/queues/default/resume');
    expect(await paused()).toMatchObject({ paused: false });
    expect(await paused()).not.toHaveProperty('pausedIn');
    expect(await part.isPaused()).toBe(false);
    await part.close();
  });

  it('refuse a limit that would hold in each by itself', async () => {
    const answer = await running.send('PUT', '/admin/queues/api/queues/default/concurrency', {
      concurrency: 1,
    });
    expect(answer.status).toBe(409);
    for (const { connection, prefix: its } of partitions.all)
      expect(await connection.hexists(`${its}:default:meta`, 'concurrency')).toBe(0);
  });
});

describe('a partition that is away', () => {
  let own: OwnRedis;
  let dashboard: Running;

  beforeAll(async () => {
    own = await startOwnRedis();
    const spread = layoutOf(
      [
        { kind: 'url', url: testRedisUrl() },
        { kind: 'url', url: own.url },
      ],
      uniquePrefix(),
      COUNT,
    );
    dashboard = await startDashboardOver(spread);
    await eventually(async () => expect((await look()).state.nodes).toHaveLength(2));
  }, 60_000);
  afterAll(async () => {
    await dashboard?.close();
    await own?.stop();
  });

  const look = async () => (await (await dashboard.get('/admin/api/system')).json()) as Answer;

  it('is named, and the others are shown', async () => {
    expect((await look()).state).toMatchObject({
      away: [],
      nodes: [{ partitions: [0, 2] }, { partitions: [1, 3] }],
    });
    await own.kill();
    expect((await look()).state).toMatchObject({ away: [1, 3], nodes: [{ partitions: [0, 2] }] });
    const page = await (await dashboard.get('/admin/system')).text();
    expect(page).toContain('partitions 1 and 3');
    expect((await dashboard.get('/admin/events')).status).toBe(200);
    const { alerts } = (await (await dashboard.get('/admin/api/alerts')).json()) as { alerts: Answer[] };
    expect(alerts.map(({ kind }) => kind)).toContain('partition-away');
    const answer = await dashboard.get('/admin/queues/api/queues');
    const { queues } = (await answer.json()) as Awaited<ReturnType<typeof board>>;
    expect(queues.find(({ name }) => name === 'default')?.description).toContain('partitions 1 and 3');
    const pause = await dashboard.send('PUT', '/admin/queues/api/queues/default/pause');
    expect(pause.status).toBe(503);
  });
});
