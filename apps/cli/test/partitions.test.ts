import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bodyHash,
  createRegistry,
  DEFAULT_RETRY,
  eventIdOf,
  layoutOf,
  NO_LOG,
  partitionOfEvent,
  type IncomingEvent,
  type Layout,
} from '@hookline/core';
import { connect, openEventStore, startWorker, type Connection, type RunningWorker } from '@hookline/redis';
import { eventually, startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { hookline, openStage, type Stage } from './e2e/processes.ts';

const COUNT = 4;
const EVENTS = 16;
const DAY = 86_400_000;

let stage: Stage;
beforeAll(() => {
  stage = openStage();
});
afterAll(() => stage.close());

const linesOf = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Every second one dies. */
function incoming(number: number): IncomingEvent {
  const providerId = `evt_${number}`;
  const body = Buffer.from(`{"id":"${providerId}"}`);
  const now = Date.now();
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: number % 2 === 0 ? 'invoice.paid' : 'charge.failed',
    subject: `cus_${number}`,
    receivedAt: now,
    verifiedAt: now,
    headers: {},
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
  };
}

async function acceptAll(layout: Layout, events: readonly IncomingEvent[]): Promise<void> {
  const store = await openEventStore({ layout, log: NO_LOG });
  await eventually(() => store.ping());
  for (const event of events) expect((await store.accept(event)).kind).toBe('accepted');
  await store.close();
}

describe('commands over several partitions', () => {
  const prefix = uniquePrefix();
  const url = testRedisUrl();
  const layout = layoutOf([{ kind: 'url', url }], prefix, COUNT);
  const env = { REDIS_URL: url, HOOKLINE_PREFIX: prefix, PARTITIONS: String(COUNT), HISTORY_URL: 'off' };
  const run = (...args: string[]) => hookline(stage, env, ...args);
  const events = Array.from({ length: EVENTS }, (_, number) => incoming(number));
  let worker: RunningWorker;
  let redis: Connection;
  let isBroken = true;

  function work(): Promise<RunningWorker> {
    const handler = (name: string, type: string, run: () => Promise<void>) => ({
      file: `${name}.ts`,
      name,
      provider: 'stripe',
      types: [type],
      queue: 'default',
      retry: { ...DEFAULT_RETRY, attempts: 1 },
      run,
    });
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
      concurrency: 2,
      queues: {},
      retention: DAY,
      jobRetention: DAY,
      defaultTimeout: 60_000,
    });
  }

  beforeAll(async () => {
    redis = connect(layout[0].target, 'worker');
    await acceptAll(layout, events);
    worker = await work();
    await eventually(async () => {
      const { output } = await run('dead', 'list', '--json');
      expect(linesOf(output)).toHaveLength(EVENTS / 2);
    });
  }, 60_000);
  afterAll(async () => {
    await worker?.stop(2_000);
    redis.disconnect();
  });

  it('tell of one system: its events, its queues, its processes', async () => {
    const listed = linesOf((await run('events', 'list', '--count', '100', '--json')).output);
    expect(listed.map(({ id }) => id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    const times = listed.map(({ receivedAt }) => Number(receivedAt));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    for (const { id } of events) expect((await run('events', 'show', id)).code).toBe(0);
    expect(linesOf((await run('queues', 'list', '--json')).output)).toMatchObject([
      { name: 'default', failed: EVENTS / 2, paused: false },
    ]);
    expect(linesOf((await run('workers', 'list', '--role', 'worker', '--json')).output)).toHaveLength(1);
  });

  it('run every dead letter again, wherever it lies', async () => {
    isBroken = false;
    const [, , third] = linesOf((await run('dead', 'list', '--json')).output);
    expect((await run('dead', 'replay', String(third?.['id']))).output).toContain('replaying');
    const { output } = await run('dead', 'replay', '--all');
    expect(output).toContain(`${EVENTS / 2 - 1} of ${EVENTS / 2 - 1} dead letters replayed`);
    await eventually(async () => {
      const handled = await run('events', 'list', '--count', '100', '--status', 'handled', '--json');
      expect(linesOf(handled.output)).toHaveLength(EVENTS);
    });
    expect((await run('dead', 'list')).output).toContain('no dead letters');
  });

  it('pause a queue in all of them, and say where it is paused in some only', async () => {
    const pausedNow = () =>
      Promise.all(layout.map(({ prefix: its }) => redis.hexists(`${its}:default:meta`, 'paused')));
    expect((await run('queues', 'pause', 'default')).code).toBe(0);
    expect(await pausedNow()).toEqual([1, 1, 1, 1]);
    expect((await run('queues', 'list')).output).toMatch(/default\s+paused/);
    await redis.hdel(`${layout[1]?.prefix}:default:meta`, 'paused');
    const { output } = await run('queues', 'list');
    expect(output).toContain('paused in the partitions 0, 2, 3 only');
    expect((await run('doctor')).output).toMatch(/default is paused in the\s+partitions 0, 2, 3\s+only/);
    expect((await run('queues', 'resume', 'default')).code).toBe(0);
    expect(await pausedNow()).toEqual([0, 0, 0, 0]);
  });
});

describe('with one of two Redis away', () => {
  const prefix = uniquePrefix();
  let own: OwnRedis;
  let other: OwnRedis;
  let env: Record<string, string>;
  const run = (...args: string[]) => hookline(stage, env, ...args);
  const findings = async () =>
    linesOf((await run('doctor', '--json')).output) as Record<'level' | 'says', string>[];

  beforeAll(async () => {
    [own, other] = await Promise.all([startOwnRedis(), startOwnRedis({ appendfsync: 'everysec' })]);
    env = { REDIS_URLS: `${own.url},${other.url}`, HOOKLINE_PREFIX: prefix, HISTORY_URL: 'off' };
    const [first, second] = [own.url, other.url].map((url) => ({ kind: 'url', url }) as const);
    if (first === undefined || second === undefined) throw new Error('there are no two');
    await acceptAll(
      layoutOf([first, second], prefix, 2),
      Array.from({ length: EVENTS }, (_, number) => incoming(number)),
    );
  }, 60_000);
  afterAll(async () => {
    await Promise.all([own?.stop(), other?.stop()]);
  });

  it('the doctor asks each, and says where they differ', async () => {
    const says = (await findings()).map((finding) => finding.says);
    for (const [number, { url }] of [own, other].entries())
      expect(says).toContainEqual(
        expect.stringMatching(`^${new URL(url).host} \\(partition ${number}\\): Redis .*answers`),
      );
    expect(says).toContainEqual(expect.stringContaining('different settings of when it is synced'));
  });

  it('what the other holds is told, and that it is not all', async () => {
    await other.kill();
    const { code, output } = await run('events', 'list', '--count', '100', '--json');
    const there = Array.from({ length: EVENTS }, (_, number) => incoming(number)).filter(
      (event) => partitionOfEvent(event, 2) === 0,
    );
    expect(code).toBe(0);
    expect(linesOf(output)).toHaveLength(there.length);
    expect(output).toContain('partition 1 cannot be reached (');
    expect(await findings()).toContainEqual(
      expect.objectContaining({
        level: 'wrong',
        says: expect.stringContaining('partition 1 cannot be reached'),
      }),
    );
    const paused = await run('queues', 'pause', 'default');
    expect(paused.code).toBe(1);
    expect(paused.output).toContain('paused in 1 of 2 partitions; ask again once the others (1) are back');
    await own.kill();
    expect((await run('events', 'list')).output).toContain('check REDIS_URLS');
  }, 90_000);
});
