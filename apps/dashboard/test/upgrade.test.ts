import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_LOG, NO_METER, type EventId } from '@hookline/core';
import {
  connect,
  createJobStore,
  createPartition,
  createPartitions,
  findEvent,
  openDeadLetters,
  openEventStore,
  type Connection,
  type Partition,
  type RedisEventStore,
  type RunningWorker,
} from '@hookline/redis';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import { openSpoolingStore } from '@hookline/spool';
import { Queue } from 'bullmq';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRecorder, type StartedRecorder } from '../src/recorder/start.ts';
import { again, before, loadDump, loadSpool, type SentBefore } from './upgrade/load-dump.ts';
import { dueToday, runsOf as runsIn, workToday } from './upgrade/today.ts';

const { prefix, events } = before;
const DAY = 86_400_000;
const inRedisBefore = events.filter(({ status }) => status !== null);
const settledBefore = events.filter(({ status }) => status === 'handled' || status === 'unhandled');

let folder: string;
let server: OwnRedis;
let redis: Connection;
let partition: Partition;
let store: RedisEventStore;
let recorder: StartedRecorder | undefined;
let worker: RunningWorker | undefined;
/** What the version before had written of each event. */
let written: Map<string, Record<string, Buffer>>;
let runs: string[];

async function open() {
  folder = mkdtempSync(join(tmpdir(), 'upgrade-'));
  server = await startOwnRedis();
  await loadDump(server.url);
  const target = { kind: 'url', url: server.url } as const;
  redis = connect(target, 'worker');
  partition = createPartition(redis, prefix);
  runs = [];
  written = new Map();
  for (const { id } of inRedisBefore) written.set(id, await redis.hgetallBuffer(`${prefix}/event/${id}`));
  store = await openEventStore({ layout: [{ target, prefix }], log: NO_LOG });
  await eventually(() => store.ping());
}

async function record() {
  recorder = await startRecorder({
    layout: [{ target: { kind: 'url', url: server.url }, prefix }],
    history: { place: { folder }, retention: 30 * DAY, most: new Map() },
    log: NO_LOG,
    meter: NO_METER,
  });
}

async function close() {
  await worker?.stop(2_000);
  await recorder?.stop();
  await store.close();
  redis.disconnect();
  await server.stop();
  rmSync(folder, { recursive: true });
}

const find = async (id: string) => recorder?.history()?.find(id as EventId);
const statusOf = async (id: string) => (await find(id))?.event.status;
const isWhat = (...whats: readonly string[]) => events.filter(({ what }) => whats.includes(what));
const held = async ({ id }: SentBefore) => (await findEvent(createPartitions([partition]), id)) !== undefined;
const runsOf = (id: string) => runsIn(runs, id);
const recordedIds = async () => {
  const page = await recorder?.history()?.search({ phrases: [], pairs: [] }, { limit: 500 });
  return page?.items.map(({ id }) => String(id)).toSorted();
};
const idsOf = (list: readonly SentBefore[]) => list.map(({ id }) => id).toSorted();

async function allRecorded(list: readonly SentBefore[]) {
  await eventually(async () => expect(await recordedIds()).toEqual(idsOf(list)) === undefined);
  for (const { id, what, source, bytes, sha256, ran } of list) {
    const found = await find(id);
    expect([what, found?.event]).toMatchObject([what, { source, sha256 }]);
    if (written.has(id)) expect(found?.headers).toEqual(what === 'shed' ? {} : headersOf(id));
    const body = await recorder?.history()?.body(id as EventId);
    expect([what, body?.kind]).toEqual([what, what === 'shed' ? 'absent' : 'whole']);
    if (body !== undefined && body.kind !== 'absent') expect(body.body.length).toBe(bytes);
    const known = found?.event.deliveries.map(({ handler: name }) => name) ?? [];
    expect([what, known]).toEqual([what, expect.arrayContaining(Object.keys(ran))]);
  }
}

async function allGivenUp(list: readonly SentBefore[]) {
  await eventually(async () => {
    const left = [];
    for (const event of list) if (await held(event)) left.push(event.what);
    return expect(left).toEqual([]) === undefined;
  }, 50_000);
}

async function allRun() {
  const ran = () => Object.fromEntries(events.map(({ id }) => [id, runsOf(id)]));
  await eventually(() => expect(ran()).toEqual(dueToday(events)) === undefined, 30_000);
}

/** Lets a receiver of today take over what one of then had spooled. */
async function drainSpool() {
  loadSpool(join(folder, 'spool'));
  const spool = await openSpoolingStore({
    folder: join(folder, 'spool'),
    limit: 2 ** 20,
    store,
    log: NO_LOG,
  });
  await eventually(async () => {
    const keys = isWhat('spooled').map(({ id }) => [partition.keys.event(id), partition.keys.known(id)]);
    return (await redis.exists(keys.flat())) === keys.length;
  });
  await spool.close();
}

describe('a Redis that the version before the history wrote', () => {
  beforeAll(async () => {
    await open();
    await record();
  });
  afterAll(close);

  it('is recorded whole, while nobody works on it', async () => {
    await allRecorded(inRedisBefore);
    for (const { id, what, status } of inRedisBefore)
      expect([what, await statusOf(id)]).toEqual([what, status]);
  });

  it('gives up what is settled, and knows its id', async () => {
    const rest = settledBefore.filter(({ status }) => status !== 'unhandled');
    await allGivenUp(rest);
    for (const { id } of rest) {
      const keys = [...(await redis.keys(`${prefix}/*${id}`)), ...(await redis.keys(`${prefix}/*${id}~*`))];
      // A job that a handler queued is kept by itself.
      expect(keys.filter((key) => !key.startsWith(`${prefix}/job/`))).toEqual([`${prefix}/known/${id}`]);
      expect(Number(await redis.memory('USAGE', `${prefix}/known/${id}`))).toBeLessThanOrEqual(150);
      expect(await redis.pttl(`${prefix}/known/${id}`)).toBeGreaterThan(25 * DAY);
    }
    const open = inRedisBefore.filter((event) => !rest.includes(event));
    for (const event of open) expect([event.what, await held(event)]).toEqual([event.what, true]);
  });

  it('knows every event again that it has had', async () => {
    for (const { id, what } of inRedisBefore)
      expect([what, await store.accept(again(id))]).toEqual([what, { kind: 'duplicate', id }]);
  });

  it('is worked on: what waited runs, and nothing that had run', async () => {
    worker = await workToday(server.url, runs);
    await drainSpool();
    await allRun();
  }, 60_000);

  it('records how it ended, and gives that up, too', async () => {
    const ended = isWhat(
      'replay waits',
      'waits for a retry',
      'waits for a retry, of several',
      'waits for its time',
      'abandoned',
      'abandoned, of several',
      'waits',
      'waits, large',
      'waits, binary',
      'spooled',
      'unhandled',
    );
    await allGivenUp(ended);
    for (const { id, what, sha256 } of ended) {
      const found = await find(id);
      const isUnhandled = what === 'unhandled';
      expect([what, found?.event]).toMatchObject([
        what,
        { status: isUnhandled ? 'unhandled' : 'handled', sha256 },
      ]);
      const today = runsOf(id).map((run) => run.split(' '));
      expect(
        found?.attempts.map((each) => `${each.handler} ${each.number} ${each.outcome}`).toSorted(),
      ).toEqual(today.map(([name, , attempt]) => `${name} ${attempt} succeeded`));
    }
    const [nobody] = isWhat('waits for nobody');
    await eventually(async () => (await statusOf(String(nobody?.id))) === 'unhandled');
  }, 60_000);

  it('keeps its dead letters, which can be replayed', async () => {
    const dead = isWhat('dead', 'dead, of several');
    for (const event of dead) expect([await held(event), await statusOf(event.id)]).toEqual([true, 'dead']);
    const letters = openDeadLetters(createPartitions([partition]));
    const ids = (await letters.list(0, 10)).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(['job-failed', ...dead.map(({ id }) => `${id}~doomed`)].toSorted());
    for (const id of ids) expect((await letters.replay(id)).kind).toBe('replayed');
    await eventually(async () => {
      for (const event of dead)
        expect([await held(event), await statusOf(event.id)]).toEqual([false, 'handled']);
      return true;
    }, 30_000);
    for (const { id } of dead) expect(runsOf(id)).toEqual([`doomed ${id} 1`]);
    await eventually(() => runsOf('job-failed').length === 1);
  }, 40_000);

  it('leaves a queue paused until somebody resumes it', async () => {
    const [captured, succeeded] = isWhat('waits in a paused queue', 'waits for several');
    expect(runsOf(String(captured?.id))).toEqual([]);
    const email = new Queue('email', { connection: { url: server.url }, prefix });
    await email.resume();
    await email.close();
    await allGivenUp(isWhat('waits in a paused queue', 'waits for several'));
    expect(runsOf(String(captured?.id))).toEqual([`mail ${captured?.id} 1`]);
    expect(runsOf(String(succeeded?.id))).toEqual([`book ${succeeded?.id} 1`, `mail ${succeeded?.id} 1`]);
  });

  it('keeps tracked jobs as they were, and runs those that waited', async () => {
    const jobs = createJobStore({ partitions: createPartitions([partition]), retention: 7 * DAY });
    const stands = async (id: string) => (await jobs.get(id))?.status;
    await eventually(async () => (await stands('job-waiting')) === 'succeeded');
    expect(await jobs.get('job-done')).toMatchObject({
      status: 'succeeded',
      result: 7,
      output: [{ data: 'half' }, { data: { done: 2 } }],
    });
    expect(await stands('job-cancelled')).toBe('failed');
    await eventually(async () => (await stands('job-delayed')) === 'succeeded');
    await eventually(async () => (await stands('job-abandoned')) === 'succeeded', 30_000);
    expect(['job-done', 'job-cancelled', 'job-external'].flatMap(runsOf)).toEqual([]);
    expect(runsOf('job-abandoned')).toHaveLength(1);
    expect((await jobs.finish('job-external', 'done elsewhere')).kind).toBe('finished');
    expect(await jobs.get('job-external')).toMatchObject({ status: 'succeeded', output: [{ data: 'sent' }] });
  }, 40_000);

  it('has none of the lists left that only people read, and no schedule that nobody announces', async () => {
    const lists = async () => {
      const found = await redis.keys(`${prefix}/events*`);
      return found.filter(
        (key) => !/\/events\/(?:status\/(?:queued|dispatched|dead)|expiring|unclaimed)$/.test(key),
      );
    };
    await eventually(async () => (await lists()).length === 0);
    expect(await redis.keys(`${prefix}/deliveries/*`)).toEqual([]);
    const schedules = await redis.zrange(`${prefix}:default:repeat`, '0', '-1');
    expect(schedules).toEqual(['nightly']);
  });

  it('still knows every event, and runs none of them again', async () => {
    const ran = runs.length;
    for (const { id, what } of events)
      expect([what, await store.accept(again(id))]).toEqual([what, { kind: 'duplicate', id }]);
    expect(runs.length).toBe(ran);
    expect(await recordedIds()).toEqual(idsOf(events));
  });
});

describe('a Redis that workers of today have worked on before anybody records', () => {
  beforeEach(open);
  afterEach(close);

  it('is recorded whole as well, and given up', async () => {
    worker = await workToday(server.url, runs);
    await drainSpool();
    await allRun();
    await record();
    await allRecorded(events);
    const isOpen = /^(?:dead|waits for (?:nobody|several)|waits in a paused)/;
    await allGivenUp(events.filter(({ what }) => !isOpen.test(what)));
    for (const { id, what } of events)
      expect([what, await store.accept(again(id))]).toEqual([what, { kind: 'duplicate', id }]);
  }, 90_000);
});

function headersOf(id: string): unknown {
  return JSON.parse(String(written.get(id)?.['headers']));
}
