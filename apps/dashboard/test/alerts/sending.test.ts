import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@hookline/core';
import { Problems } from '@hookline/process';
import {
  connect,
  createPartition,
  createPartitions,
  deliverNext,
  leadAlerts,
  turnAlerts,
  type Connection,
  type Partition,
} from '@hookline/redis';
import { eventuallyFits, startOwnRedis, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Outbox } from '../../src/alerts/outbox.ts';
import { readAlertSettings, type Receiver } from '../../src/alerts/receivers.ts';
import { AlertWatch } from '../../src/alerts/watch.ts';
import type { Signal } from '../../src/signals/signal.ts';
import { openDesk, type OpenDesk } from './desk.ts';

const HOUR = 3_600_000;
const SECRET = 'a-secret-in-the-path';

interface Got {
  readonly key: string;
  readonly state: string;
  readonly id: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A receiver of alerts, which answers as a test says. */
interface Listener {
  readonly receiver: Receiver;
  readonly got: Got[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

let prefix: string;
let redis: Connection;
let partition: Partition;
let desk: OpenDesk;
let servers: Server[];
let now: number;
let firing: Signal[];

beforeEach(async () => {
  prefix = uniquePrefix();
  redis = connect({ kind: 'url', url: testRedisUrl() }, 'worker');
  partition = createPartition(redis, prefix);
  desk = await openDesk(testRedisUrl(), prefix);
  servers = [];
  now = Date.UTC(2026, 0, 1);
  firing = [];
});
afterEach(async () => {
  await desk.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  redis.disconnect();
});

const ok: Listener['answer'] = (_request, response) => void response.writeHead(200).end('ok');

async function listen(path = `/hook/${SECRET}`): Promise<Listener> {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as Got['body'];
    const id = request.headers['idempotency-key'];
    got.push({ key: String(body['key']), state: String(body['state']), id: String(id), body });
    listener.answer(request, response);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const { receivers } = readAlertSettings(
    { ALERT_WEBHOOK_URL: url, ALERT_FORMAT: 'json', PUBLIC_DASHBOARD_URL: undefined },
    true,
    new Problems(),
  );
  const [receiver] = receivers;
  if (receiver === undefined) throw new Error('no receiver');
  const listener: Listener = { receiver, got, answer: ok };
  return listener;
}

function issue(name: string): Signal {
  return { kind: 'issue', key: `issue:${name}`, title: name, says: ['', name, ''], path: `/issues/${name}` };
}

/** What one dashboard runs. */
function dashboard(...listeners: readonly Listener[]) {
  const receivers = listeners.map(({ receiver }) => receiver);
  const watch = new AlertWatch({ desk: desk.desk, receivers, now: () => now, load: async () => firing });
  const said: string[] = [];
  const note = (message: string, fields?: object) => void said.push(JSON.stringify([message, fields]));
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const counts = { sent: 0, failed: 0, 'given-up': 0 };
  const outboxes = receivers.map(
    (receiver) =>
      new Outbox({
        partitions: createPartitions([partition]),
        receiver,
        telling: { installation: prefix, dashboardUrl: undefined },
        lead: () => watch.lead(),
        log,
        count: (outcome) => (counts[outcome] += 1),
        now: () => now,
        timeout: 300,
      }),
  );
  return {
    watch,
    outboxes,
    said,
    counts,
    send: async () => {
      for (const outbox of outboxes) await outbox.step();
    },
    stop: () => watch.giveBack(),
  };
}

/** As if it were killed: whatever it held runs out by itself. */
async function passLease(): Promise<void> {
  await redis.del(partition.keys.alertsLease);
}

const told = ({ got }: Listener) => got.map(({ state, key }) => `${state} ${key}`);

describe('telling', () => {
  it('puts what is new into every outbox, sends it in order, and nothing twice', async () => {
    const [one, two] = [await listen(), await listen('/other')];
    const { watch, send, counts, said } = dashboard(one, two);
    firing = [issue('a')];
    expect(await watch.step()).toBe(1);
    expect(await watch.step()).toBe(0);
    firing = [];
    expect(await watch.step()).toBe(1);
    await send();
    await send();
    expect(told(one)).toEqual(['firing issue:a', 'resolved issue:a']);
    expect(told(two)).toEqual(told(one));
    expect(counts).toEqual({ sent: 4, failed: 0, 'given-up': 0 });
    expect(said).toEqual([]);
    expect(one.got[0]?.body).toEqual({
      kind: 'issue',
      key: 'issue:a',
      state: 'firing',
      title: 'a',
      detail: 'a',
      at: now,
      link: '/issues/a',
    });
  });

  it('is one dashboard at a time, however many there are', async () => {
    const listener = await listen();
    const dashboards = Array.from({ length: 5 }, () => dashboard(listener));
    for (let round = 0; round < 10; round += 1) {
      firing = round % 2 === 0 ? [issue(`${round}`)] : [issue(`${round - 1}`), issue(`${round}`)];
      await Promise.all(dashboards.map(({ watch }) => watch.step()));
      await Promise.all(dashboards.map(({ send }) => send()));
      if (round % 3 === 0) await dashboards[round % 5]?.stop();
    }
    const found = told(listener);
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((each) => each.startsWith('firing'))).toHaveLength(10);
    expect(found.filter((each) => each.startsWith('resolved'))).toHaveLength(8);
  });

  it('goes on in another dashboard when one dies after the state has changed and before anything is sent', async () => {
    const listener = await listen();
    firing = [issue('a')];
    expect(await dashboard(listener).watch.step()).toBe(1);
    const other = dashboard(listener);
    await other.send();
    expect(listener.got).toEqual([]);
    await passLease();
    expect(await other.watch.step()).toBe(0);
    await other.send();
    expect(told(listener)).toEqual(['firing issue:a']);
  });

  it('tells once more, by the same name, when one dies before it has noted that it was sent', async () => {
    const listener = await listen();
    const first = dashboard(listener);
    firing = [issue('a')];
    await first.watch.step();
    listener.answer = () => undefined;
    const dying = first.send();
    await eventuallyFits(
      async () => listener.got.length,
      (count) => count === 1,
    );
    first.outboxes[0]?.stop();
    await dying;
    await passLease();
    listener.answer = ok;
    await dashboard(listener).send();
    expect(told(listener)).toEqual(['firing issue:a', 'firing issue:a']);
    expect(listener.got[0]?.id).toBe(listener.got[1]?.id);
    expect(await deliverNext(createPartitions([partition]), listener.receiver.id)).toBeUndefined();
  });

  it('changes nothing for who has lost the lease meanwhile', async () => {
    const listener = await listen();
    const slept = new AlertWatch({
      desk: desk.desk,
      receivers: [listener.receiver],
      now: () => now,
      async load() {
        await redis.set(partition.keys.alertsLease, 'another', 'PX', 60_000);
        return [issue('a')];
      },
    });
    expect(await slept.step()).toBe(0);
    const turn = { records: new Map([['issue:a', undefined]]), messages: [], counted: ['1'] };
    const by = { owner: 'who slept', now, window: 1, keepFor: 1, receivers: [] };
    expect(await turnAlerts(createPartitions([partition]), turn, by)).toBe(false);
    expect(await redis.exists(partition.keys.alertsTold)).toBe(0);
    expect(await redis.hgetall(partition.keys.alerts)).toEqual({});
    expect(await deliverNext(createPartitions([partition]), listener.receiver.id)).toBeUndefined();
  });

  it('keeps nothing where nobody is told, so that who is told later learns all of it', async () => {
    firing = [issue('a')];
    expect(await dashboard().watch.step()).toBe(0);
    expect(await leadAlerts(createPartitions([partition]), randomUUID(), 1_000)).toBe(true);
    expect(await redis.hgetall(partition.keys.alerts)).toEqual({});
  });
});

describe('a receiver that does not take it', () => {
  it.each<[string, Listener['answer']]>([
    ['answers 500', (_request, response) => void response.writeHead(500).end()],
    ['hangs', () => undefined],
    ['hangs up', (request) => void request.socket.destroy()],
    ['answers 429', (_request, response) => void response.writeHead(429).end()],
    [
      'sends it elsewhere',
      (request, response) =>
        void response.writeHead(307, { location: `http://${request.headers.host}/elsewhere` }).end(),
    ],
  ])(
    'because it %s is tried again ever later, holds up no other, and loses nothing',
    async (_why, answer) => {
      const [bad, good] = [await listen(), await listen('/good')];
      const { watch, send, counts, said } = dashboard(bad, good);
      bad.answer = answer;
      firing = [issue('a'), issue('b')];
      await watch.step();
      await send();
      expect(told(good)).toEqual(['firing issue:a', 'firing issue:b']);
      await send();
      expect(bad.got).toHaveLength(1);
      now += 2_000;
      await send();
      expect(bad.got).toHaveLength(2);
      now += 3_999;
      await send();
      expect(bad.got).toHaveLength(2);
      bad.answer = ok;
      now += 1;
      await send();
      expect(told(bad)).toEqual(['firing issue:a', 'firing issue:a', 'firing issue:a', 'firing issue:b']);
      expect(counts).toEqual({ sent: 4, failed: 2, 'given-up': 0 });
      expect(said.length).toBeGreaterThanOrEqual(2);
      for (const line of said) {
        expect(line).toContain(bad.receiver.host);
        expect(line).not.toMatch(new RegExp(`${SECRET}|/hook`));
      }
    },
  );

  it('is given up after a day, and not what came later', async () => {
    const listener = await listen();
    const { watch, send, counts } = dashboard(listener);
    listener.answer = (_request, response) => void response.writeHead(500).end();
    firing = [issue('a')];
    await watch.step();
    now += 23 * HOUR;
    await send();
    firing = [issue('a'), issue('b')];
    await watch.step();
    now += 2 * HOUR;
    listener.answer = ok;
    await send();
    expect(told(listener)).toEqual(['firing issue:a', 'firing issue:b']);
    expect(counts).toEqual({ sent: 1, failed: 1, 'given-up': 1 });
  });

  it('says that it never will is believed the fifth time', async () => {
    const listener = await listen();
    const { watch, send, counts } = dashboard(listener);
    firing = [issue('a'), issue('b')];
    await watch.step();
    listener.answer = (_request, response) =>
      void response.writeHead(listener.got.at(-1)?.key === 'issue:a' ? 400 : 200).end();
    for (let more = 0; more < 6; more += 1) {
      await send();
      now += HOUR;
    }
    expect(told(listener).filter((each) => each === 'firing issue:a')).toHaveLength(5);
    expect(told(listener).at(-1)).toBe('firing issue:b');
    expect(counts).toEqual({ sent: 1, failed: 4, 'given-up': 1 });
  });
});

it('sends at most 20 in ten minutes, and one that says how many are held back', async () => {
  const listener = await listen();
  firing = Array.from({ length: 30 }, (_, index) => issue(`${index}`));
  await dashboard(listener).watch.step();
  await passLease();
  const other = dashboard(listener);
  await other.watch.step();
  await other.send();
  expect(listener.got).toHaveLength(21);
  expect(listener.got.at(-1)?.body).toMatchObject({
    kind: 'held-back',
    title: '10 more alerts are held back',
  });
  now += 10 * 60_000 + 1;
  await other.watch.step();
  await other.send();
  expect(new Set(told(listener)).size).toBe(32);
  expect(told(listener).at(-1)).toBe('resolved held-back');
});

it('tells that Redis is full though Redis is, and takes no more', async () => {
  const own = await startOwnRedis();
  const full = connect({ kind: 'url', url: own.url }, 'worker');
  const itsDesk = await openDesk(own.url, prefix);
  try {
    const listener = await listen();
    const { desk: its } = itsDesk;
    const watch = new AlertWatch({ desk: its, receivers: [listener.receiver] });
    await full.config('SET', 'maxmemory', '1');
    await expect(full.set('more', 'yes')).rejects.toThrow('OOM');
    await expect(watch.step()).rejects.toThrow('EXECABORT');
    const next = await deliverNext(its.log.partitions, listener.receiver.id);
    expect(next?.message).toMatchObject({ key: 'memory:redis', title: 'Redis is nearly full' });
  } finally {
    await itsDesk.close();
    full.disconnect();
    await own.stop();
  }
});
