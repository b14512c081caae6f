import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bodyHash, eventIdOf, NO_LOG, NO_METER, type History, type HistoryBlock } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createPartition,
  createPartitions,
  noteDepths,
  type Connection,
  type Partition,
} from '@hookline/redis';
import { eventuallyFits, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { Worker, type Queue } from 'bullmq';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAlertSettings } from '../../src/alerts/receivers.ts';
import { startAlerts } from '../../src/alerts/start.ts';
import { Problems } from '@hookline/process';
import { loadSignals } from '../../src/signals/load.ts';
import { isAlert } from '../../src/signals/signal.ts';
import { openQueue, startDashboard } from '../harness.ts';
import { openDesk, type OpenDesk } from './desk.ts';

const MINUTE = 60_000;
const url = testRedisUrl();

let folder: string;
let prefix: string;
let redis: Connection;
let partition: Partition;
let history: History;
let desk: OpenDesk;
let queue: Queue;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  prefix = uniquePrefix();
  redis = connect({ kind: 'url', url }, 'worker');
  partition = createPartition(redis, prefix);
  history = await openHistory({ folder }, { log: NO_LOG });
  desk = await openDesk(url, prefix, history);
  queue = openQueue(url, prefix, 'email');
  await redis.sadd(partition.keys.queues, 'email');
});
afterEach(async () => {
  await desk.close();
  await queue.obliterate({ force: true });
  await queue.close();
  await history.close();
  redis.disconnect();
  rmSync(folder, { recursive: true });
});

async function alertKeys(now = Date.now()): Promise<readonly string[]> {
  return (await loadSignals(desk.desk, now)).filter(isAlert).map(({ key }) => key);
}

/** A delivery that died now, as a recorder would write it down. */
function death(message: string, at = Date.now()): HistoryBlock {
  const id = eventIdOf('stripe', 'evt_1');
  const body = Buffer.from('{}');
  return {
    events: [
      {
        id,
        revision: `${at}-0`,
        source: 'stripe',
        provider: 'stripe',
        providerId: 'evt_1',
        type: 'invoice.paid',
        status: 'dead',
        receivedAt: at,
        verifiedAt: at,
        recordedAt: at,
        settledAt: undefined,
        headers: {},
        body,
        sha256: bodyHash(body),
        bodyTrusted: true,
        deliveries: [{ handler: 'charge', status: 'dead' }],
      },
    ],
    attempts: [
      {
        event: id,
        handler: 'charge',
        run: `run-${at}`,
        number: 1,
        worker: 'w',
        startedAt: at,
        endedAt: at,
        outcome: 'dead',
        error: { name: 'TypeError', message },
        log: [],
      },
    ],
    refusals: [],
    audit: [],
    cursor: undefined,
  };
}

describe('what needs somebody', () => {
  it('is an issue until somebody resolves it, and again when it dies once more', async () => {
    expect(await alertKeys()).toEqual([]);
    await history.record(death('no card'));
    const [key = ''] = await alertKeys();
    expect(key).toMatch(/^issue:[0-9a-f]{16}$/);
    const fingerprint = key.slice('issue:'.length);
    await history.setIssueState({ fingerprint, state: 'resolved', by: 'ada', at: Date.now() + 1 });
    expect(await alertKeys()).toEqual([]);
    await history.record(death('no card', Date.now() + MINUTE));
    expect(await alertKeys()).toEqual([key]);
  });

  it('is a rise of refusals, on the source where it is', async () => {
    await history.record(death('no card'));
    const at = Date.now() - 1_000;
    await history.record({
      ...death('no card'),
      refusals: Array.from({ length: 25 }, (_, index) => ({
        id: `r-${index}`,
        at,
        source: 'stripe',
        provider: 'stripe',
        status: 401,
        reason: 'signature',
        likely: undefined,
        headers: {},
        excerpt: Buffer.from(''),
        bytes: 0,
        suppressed: 0,
        peer: undefined,
      })),
    });
    while ((await history.summarize()).more);
    expect(await alertKeys()).toContain('refusals:stripe');
    expect(await alertKeys(Date.now() + 7 * MINUTE)).not.toContain('refusals:stripe');
  });

  it('is a queue that grows, as it was noted before', async () => {
    const at = Date.now();
    for (const ago of [6, 5, 4, 3, 2, 1])
      await noteDepths(createPartitions([partition]), { at: at - ago * MINUTE, waiting: { email: 7 - ago } });
    const made = { timestamp: at - 2 * MINUTE };
    await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'a', data: {}, opts: made })));
    expect(await alertKeys()).toEqual(['backlog:email']);
    await queue.pause();
    expect(await alertKeys()).toEqual([]);
  });

  it('is a queue that nobody works on', async () => {
    await queue.add('a', {});
    await redis.hset(partition.keys.unworked, 'email', Date.now() - 2 * MINUTE);
    expect(await alertKeys()).toEqual(['unworked:email']);
  });

  it('is a schedule whose last two runs failed', async () => {
    await queue.upsertJobScheduler('nightly', { pattern: '0 3 1 1 *' }, { name: 'report' });
    const worker = new Worker('email', () => Promise.reject(new Error('no disk')), {
      connection: { url },
      prefix,
    });
    for (const count of [1, 2]) {
      await queue.add('report', {}, { jobId: `by-hand~nightly~${'0'.repeat(9)}${count}` });
      await eventuallyFits(
        () => queue.getFailedCount(),
        (failed) => failed === count,
      );
      expect(await alertKeys()).toEqual(count === 2 ? ['schedule:nightly'] : []);
    }
    await worker.close();
  });

  it('is a history that is behind, where one is kept', async () => {
    await redis.xadd(partition.keys.changes, `${Date.now() - 2 * MINUTE}-0`, 'changed', 'an-event');
    expect(await alertKeys()).toEqual([]);
    await redis.set(partition.keys.history, 'on');
    expect(await alertKeys()).toEqual(['recorder-lag:history']);
  });

  it('is told though one part fails, with what is unknown for it', async () => {
    await redis.set(partition.keys.history, 'on');
    await redis.xadd(partition.keys.changes, `${Date.now() - 2 * MINUTE}-0`, 'changed', 'an-event');
    const issues = () => Promise.reject(new Error('the disk is gone'));
    const broken = { ...desk.desk, history: () => ({ ...history, issues, sources: issues }) };
    const signals = await loadSignals(broken, Date.now());
    expect(signals.filter(isAlert).map(({ key }) => key)).toEqual(['recorder-lag:history']);
    expect(signals.flatMap((signal) => (signal.kind === 'unseen' ? signal.hides : []))).toEqual([
      'refusals',
      'silent-source',
      'issue',
    ]);
    const none = await loadSignals({ ...desk.desk, history: () => undefined }, Date.now());
    expect(none.flatMap((signal) => (signal.kind === 'unseen' ? signal.hides : []))).toHaveLength(3);
  });
});

it('is on the overview with a link, and for scripts', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  await history.record(death(evil));
  const dashboard = await startDashboard(url, prefix, {}, history);
  try {
    const page = await (await dashboard.get('/admin/overview')).text();
    const [key = ''] = await alertKeys();
    expect(page).toMatch(
      new RegExp(`1 dead letter of charge: .*<a href="/admin/issues/${key.slice(6)}">.*TypeError`),
    );
    expect(page).not.toContain(evil);
    const answer = (await (await dashboard.get('/admin/api/alerts')).json()) as object;
    expect(answer).toEqual({
      alerts: [
        {
          kind: 'issue',
          key,
          title: expect.stringMatching(/^charge fails: TypeError/),
          detail: expect.stringMatching(/^1 dead letter of charge: TypeError/),
          path: `/admin/issues/${key.slice(6)}`,
        },
      ],
      unseen: [],
    });
  } finally {
    await dashboard.close();
  }
});

it('reaches a receiver by itself, which then is known to have been told', async () => {
  const got: string[] = [];
  const server = createServer(async (request, response) => {
    for await (const chunk of request) got.push(String(chunk));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings = readAlertSettings(
    {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ALERT_FORMAT: 'auto',
      PUBLIC_DASHBOARD_URL: 'https://hooks.example',
    },
    true,
    new Problems(),
  );
  await history.record(death('no card'));
  const alerts = startAlerts(desk.desk, settings, { log: NO_LOG, meter: NO_METER });
  try {
    await eventuallyFits(
      async () => got.length,
      (count) => count === 1,
    );
    expect(JSON.parse(got[0] ?? '')).toMatchObject({
      kind: 'issue',
      state: 'firing',
      link: expect.stringMatching(/^https:\/\/hooks\.example\/admin\/issues\/[0-9a-f]{16}$/),
    });
  } finally {
    await alerts.stop();
    server.close();
  }
  expect(await redis.exists(partition.keys.alertsLease)).toBe(0);
  const dashboard = await startDashboard(url, prefix, {}, history);
  const answer = (await (await dashboard.get('/admin/api/alerts')).json()) as {
    readonly alerts: readonly object[];
  };
  await dashboard.close();
  expect(answer.alerts).toMatchObject([{ since: expect.any(Number), notifiedAt: expect.any(Number) }]);
});
