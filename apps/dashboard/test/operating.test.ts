import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_LOG, type History, type Provider, type Source } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createPartition,
  createPartitions,
  openQueues,
  publishStatus,
  unrecordedAudit,
  type OpenQueues,
  type PublishedStatus,
} from '@hookline/redis';
import { providers } from '@hookline/providers';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import type { Queue } from 'bullmq';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inWords } from '../src/schedules-view.ts';
import { silentSince } from '@hookline/operations';
import { stepFor } from '../src/time-range.ts';
import { LOGIN, openQueue, startDashboard, USER, type Running } from './harness.ts';

const url = testRedisUrl();
const target = { kind: 'url', url } as const;
const prefix = uniquePrefix();
const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
let secrets: readonly string[] = [];
const stripe: Source = {
  name: 'stripe',
  provider: providers.get('stripe') as Provider,
  secrets: () => secrets,
  priorityOf: () => undefined,
};
let history: History;
let running: Running;
let queues: OpenQueues;
let queue: Queue;
let status: PublishedStatus;

const dead = (number: number, at: number) =>
  eventOf(number, {
    receivedAt: at,
    status: 'dead',
    deliveries: [{ handler: 'bill', status: 'dead' }],
  });

beforeAll(async () => {
  history = await openHistory({ folder }, { log: NO_LOG });
  const now = Date.now();
  const events = [1, 2, 3].map((number) => dead(number, now - 60_000 * number));
  await history.record(
    blockOf({
      events,
      attempts: events.map((event, index) => ({
        ...attemptOf(event, 1),
        handler: 'bill',
        outcome: 'dead' as const,
        error: { name: 'TypeError', message: `customer cus_${index}8f3a2b has no address` },
      })),
    }),
  );
  while ((await history.summarize()).more);
  queue = openQueue(url, prefix, 'default');
  await queue.upsertJobScheduler(
    'nightly',
    { pattern: '30 2 * * 1-5', tz: 'Europe/Berlin' },
    { name: 'report', data: { kind: 'job', data: { of: 'yesterday' } } },
  );
  queues = await openQueues({ layout: [{ target, prefix }], log: NO_LOG });
  status = publishStatus({
    target,
    prefix,
    role: 'worker',
    version: '1',
    detail: () => ({}),
    announcement: {
      startedAt: now,
      handlers: [{ name: 'bill', provider: 'stripe', types: ['invoice.paid'], queue: 'default' }],
      jobs: [{ name: 'report', queue: 'default' }],
      schedules: [{ name: 'nightly', job: 'report' }],
      queues: ['default'],
    },
  });
  await eventually(() => status.publish());
  running = await startDashboard(url, prefix, {}, history, new Map([['stripe', stripe]]));
}, 120_000);

afterAll(async () => {
  await running?.close();
  await status?.stop();
  await queues?.close();
  await queue?.obliterate({ force: true });
  await queue?.close();
  await history?.close();
  rmSync(folder, { recursive: true, force: true });
});

const read = async (path: string) =>
  (await running.get(`/admin/api${path}`)).json() as Promise<Record<string, never>>;
const act = async (path: string, body = {}) => {
  const answer = await running.send('POST', `/admin/api${path}`, body);
  return [answer.status, await answer.json()] as const;
};

describe('issues', () => {
  it('are one for all that died in the same way, and lead through acknowledged, resolved and ignored', async () => {
    const { issues } = (await read('/issues')) as unknown as {
      issues: { fingerprint: string; count: number }[];
    };
    expect(issues).toMatchObject([
      { handler: 'bill', title: 'customer <id> has no address', count: 3, state: 'open' },
    ]);
    const fingerprint = issues[0]?.fingerprint ?? '';
    for (const [verb, state] of [
      ['acknowledge', 'acknowledged'],
      ['ignore', 'ignored'],
      ['reopen', 'open'],
      ['resolve', 'resolved'],
    ]) {
      expect(await act(`/issues/${fingerprint}/${verb}`, { reason: 'mended' })).toMatchObject([
        200,
        { state, stateBy: USER },
      ]);
      expect((await read(`/issues?state=${state}`)) as unknown).toMatchObject({ issues: [{ fingerprint }] });
    }
    expect(await read('/issues?state=open')).toEqual({ issues: [], next: null });
    const back = dead(4, Date.now());
    await history.record(
      blockOf({
        events: [back],
        attempts: [
          {
            ...attemptOf(back, 1),
            handler: 'bill',
            startedAt: Date.now() + 5,
            endedAt: Date.now() + 10,
            outcome: 'dead',
            error: { name: 'TypeError', message: 'customer cus_9aa8c has no address' },
          },
        ],
      }),
    );
    expect(await read('/issues?state=open')).toMatchObject({ issues: [{ fingerprint, count: 4 }] });
    expect(await read(`/issues/${fingerprint}`)).toMatchObject({
      issue: { sample: back.id },
      deliveries: [{ event: back.id, status: 'dead' }, {}, {}, {}],
    });
    expect(await act('/issues/0123456789abcdef/resolve')).toMatchObject([404, { error: 'not_found' }]);
  });

  it('replay what is dead of them', async () => {
    const { issues } = (await read('/issues')) as unknown as { issues: { fingerprint: string }[] };
    const [code, begun] = await act(`/issues/${issues[0]?.fingerprint}/replay`);
    expect([code, begun]).toMatchObject([202, { total: 4 }]);
    await eventually(async () =>
      expect(await read(`/replays/${(begun as { id: string }).id}`)).toMatchObject({
        position: 4,
        queued: 4,
      }),
    );
  });
});

describe('what happened', () => {
  it('is summed up by source and handler and over time', async () => {
    expect(await read('/sources')).toMatchObject({
      sources: [{ source: 'stripe', provider: 'stripe', refused: {} }],
    });
    expect(await read('/handlers')).toMatchObject({
      handlers: [{ handler: 'bill', queue: 'default', types: ['invoice.paid'], isAnnounced: true, dead: 3 }],
    });
    const { step, points } = (await read('/stats?from=1h')) as unknown as {
      step: number;
      points: { accepted: number; dead: number }[];
    };
    expect(step).toBe(60_000);
    expect(points.reduce((sum, point) => sum + point.accepted, 0)).toBeGreaterThanOrEqual(3);
    expect(points.reduce((sum, point) => sum + point.dead, 0)).toBeGreaterThanOrEqual(3);
    expect(await act('/stats')).toMatchObject([405, { error: 'method_not_allowed' }]);
    expect((await running.get('/admin/api/stats?step=61000')).status).toBe(400);
    expect((await running.get('/admin/api/stats?from=1h&to=2h')).status).toBe(400);
    expect((await running.get('/admin/api/stats?from=60d&step=60000')).status).toBe(400);
  });

  it('says how old each secret is, and keeps nothing that tells it', async () => {
    const since = async () => {
      const { sources } = (await read('/sources')) as unknown as { sources: { secretsSince: number[] }[] };
      return sources[0]?.secretsSince;
    };
    secrets = ['whsec_the_first_one'];
    const [first = 0] = (await since()) ?? [];
    expect(Math.abs(Date.now() - first)).toBeLessThan(60_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    secrets = ['whsec_the_first_one', 'whsec_the_next_one'];
    const [still, next = 0] = (await since()) ?? [];
    expect([still, next > first]).toEqual([first, true]);
    const connection = connect(target, 'worker');
    const { keys } = createPartition(connection, prefix);
    const marks = Object.keys(await connection.hgetall(keys.secretsSeen('stripe')));
    connection.disconnect();
    expect(marks.map((mark) => mark.length)).toEqual([8, 8]);
    expect(await (await running.get('/admin/sources')).text()).toContain('0 s, 0 s');
  });

  it('is silent only when it is clearly longer than usual', () => {
    const source = { source: 'a', provider: 'a', events: 1, refused: {}, lastEventAt: 0 };
    expect(silentSince({ ...source, usualGap: 600_000 }, 1_200_000)).toBe(undefined);
    expect(silentSince({ ...source, usualGap: 600_000 }, 1_200_001)).toBe(0);
    expect(silentSince({ ...source, usualGap: 60_000 }, 600_000)).toBe(undefined);
    expect(silentSince({ ...source, usualGap: 60_000 }, 900_001)).toBe(0);
    expect(silentSince(source, 1e12)).toBe(undefined);
  });

  it.each([
    [3_600_000, 60_000],
    [86_400_000, 300_000],
    [7 * 86_400_000, 1_800_000],
    [30 * 86_400_000, 21_600_000],
  ])('of %d ms is drawn in steps of %d', (span, step) => {
    expect(stepFor({ from: 0, until: span })).toBe(step);
  });
});

describe('schedules', () => {
  it('say when they run, in words', async () => {
    expect(await read('/schedules')).toMatchObject({
      schedules: [
        {
          name: 'nightly',
          says: 'At 02:30, Monday through Friday',
          timezone: 'Europe/Berlin',
          job: 'report',
          isPaused: false,
          isAnnounced: true,
          runs: [],
        },
      ],
    });
    expect(inWords('no cron')).toBe('no cron');
  });

  it('run once by hand, with the same data', async () => {
    const [code, { jobId = '' }] = (await act('/schedules/nightly/run', {
      reason: 'the report is missing',
    })) as unknown as [number, { jobId: string }];
    expect(code).toBe(200);
    expect((await queue.getJob(jobId))?.data).toEqual({ kind: 'job', data: { of: 'yesterday' } });
    expect(await read('/schedules')).toMatchObject({
      schedules: [{ runs: [{ jobId, outcome: 'waiting' }] }],
    });
    expect(await act('/schedules/never/run')).toMatchObject([404, {}]);
  });

  it('leave the clock and come back to it', async () => {
    expect(await act('/schedules/nightly/pause')).toMatchObject([200, { name: 'nightly' }]);
    expect(await queue.getJobSchedulers()).toEqual([]);
    expect(await read('/schedules')).toMatchObject({
      schedules: [{ name: 'nightly', isPaused: true, cron: '30 2 * * 1-5' }],
    });
    expect(await act('/schedules/nightly/run')).toMatchObject([200, {}]);
    expect(await act('/schedules/nightly/resume')).toMatchObject([200, {}]);
    expect(await queue.getJobSchedulers()).toMatchObject([
      {
        key: 'nightly',
        pattern: '30 2 * * 1-5',
        tz: 'Europe/Berlin',
        template: { data: { data: { of: 'yesterday' } } },
      },
    ]);
    expect(await act('/schedules/nightly/resume')).toMatchObject([404, {}]);
    const connection = connect(target, 'worker');
    expect(await connection.hlen(createPartition(connection, prefix).keys.pausedSchedules)).toBe(0);
    connection.disconnect();
    const { audit } = (await (await running.get('/admin/api/audit')).json()) as {
      audit: { action: string }[];
    };
    expect(Array.isArray(audit)).toBe(true);
  });
});

describe('a form of a page', () => {
  const post = (path: string, fields: Record<string, string>) =>
    fetch(`${running.origin}/admin/api${path}`, {
      method: 'POST',
      headers: { ...LOGIN, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });

  it.each([
    ['/admin/schedules?x=1', '/admin/schedules?x=1'],
    ['https://evil.example/', '/admin/events'],
    ['//evil.example', '/admin/events'],
    ['/admin/\\evil', '/admin/events'],
    ['/admin/x\r\nset-cookie: a=b', '/admin/events'],
    ['', '/admin/events'],
  ])('that asks to be led back to %j is led to %j', async (back, place) => {
    const answer = await post('/schedules/nightly/run', { return: back });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, place]);
  });

  it('is told in a page why nothing was done', async () => {
    const answer = await post('/schedules/never/run', { return: '/admin/schedules' });
    expect(answer.status).toBe(404);
    const text = await answer.text();
    expect(text).toContain('There is no such schedule');
    expect(text).toContain('<a href="/admin/schedules">Back</a>');
  });
});

describe('a handler', () => {
  const bill = async () => {
    const { handlers } = (await read('/handlers')) as unknown as { handlers: { handler: string }[] };
    return handlers.find(({ handler }) => handler === 'bill');
  };

  it('is paused and let go on, once each, by who is written down with the reason', async () => {
    expect(await bill()).toMatchObject({ isPaused: false });
    expect(await act('/handlers/bill/pause', { reason: 'it bills twice' })).toEqual([
      200,
      { name: 'bill', paused: true },
    ]);
    expect(await act('/handlers/bill/pause', { reason: 'once more' })).toEqual([
      200,
      { name: 'bill', paused: true },
    ]);
    expect(await bill()).toMatchObject({
      isPaused: true,
      pause: { by: USER, reason: 'it bills twice', held: 0, at: expect.any(Number) },
    });
    const page = await (await running.get('/admin/handlers')).text();
    for (const said of ['paused', 'it bills twice', '/admin/api/handlers/bill/resume'])
      expect(page).toContain(said);
    expect(await (await running.get('/admin/overview')).text()).toContain('is paused by');
    expect(await act('/handlers/bill/resume')).toEqual([200, { name: 'bill', paused: false }]);
    expect(await bill()).toMatchObject({ isPaused: false });
    expect((await act('/handlers/nobody/pause'))[0]).toBe(404);
    expect((await act('/handlers/nobody/resume'))[0]).toBe(404);
    const partition = createPartition(connect(target, 'worker'), prefix);
    const lines = await unrecordedAudit(createPartitions([partition]), 20);
    partition.connection.disconnect();
    expect(
      lines.filter(({ target: its }) => its === 'bill').map(({ action, detail }) => [action, detail]),
    ).toEqual([
      ['handler.resume', undefined],
      ['handler.pause', 'it bills twice'],
    ]);
  });

  it('is shown with its brake, which whoever resumes it releases', async () => {
    const partition = createPartition(connect(target, 'worker'), prefix);
    const { connection, keys } = partition;
    const state = { phase: 'probing', round: 2, nextAt: 2_000 };
    await connection.hset(keys.pausedHandlers, 'brake/bill', 1_000);
    await connection.hset(keys.brake('bill'), {
      since: 1_000,
      by: 'host:7',
      fingerprint: 'a1',
      title: 'connect ECONNREFUSED',
      phase: 'probing',
      state: JSON.stringify(state),
    });
    await connection.sadd(keys.heldFor('bill'), 'default|one', 'default|two');
    const brake = { since: 1_000, by: 'host:7', title: 'connect ECONNREFUSED', held: 2 };
    expect(await bill()).toMatchObject({
      isPaused: false,
      isBraked: true,
      brake: { ...brake, phase: 'probing', nextProbeAt: 2_000 },
    });
    const page = await (await running.get('/admin/handlers')).text();
    for (const said of [
      'braked',
      'connect ECONNREFUSED',
      '2 deliveries wait',
      '/admin/api/handlers/bill/resume',
    ])
      expect(page).toContain(said);
    await eventually(async () => (await (await running.get('/admin/overview')).text()).includes('is braked'));
    expect(await read('/alerts')).toMatchObject({
      alerts: expect.arrayContaining([expect.objectContaining({ kind: 'brake', key: 'brake:bill' })]),
    });
    expect((await act('/handlers/bill/resume', { reason: 'it is back' }))[0]).toBe(200);
    expect(await bill()).toMatchObject({ isBraked: true, brake: { ...brake, phase: 'releasing' } });
    const [line] = await unrecordedAudit(createPartitions([partition]), 20);
    expect(line).toMatchObject({ action: 'handler.resume', target: 'bill', detail: 'it is back' });
    await connection.del(keys.brake('bill'), keys.heldFor('bill'), keys.pausedHandlers);
    partition.connection.disconnect();
    expect(await bill()).toMatchObject({ isBraked: false });
  });
});

describe('an event', () => {
  it('is saved as a sample, which holds its bytes and no signature', async () => {
    const { events } = (await read('/events?limit=1')) as unknown as { events: { id: string }[] };
    const path = `/admin/api/events/${events[0]?.id}`;
    const answer = await running.get(`${path}/sample`);
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="stripe\.[\w.-]+\.json"$/,
    );
    const sample = (await answer.json()) as { body: string; headers: Record<string, string> };
    expect(sample.body).toBe(await (await running.get(`${path}/body`)).text());
    expect(Object.keys(sample.headers)).not.toContain('stripe-signature');
    expect((await running.get('/admin/api/events/never/sample')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  it('names every route, with what it takes and answers', async () => {
    const { openapi, paths } = (await read('/openapi.json')) as unknown as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; parameters: { name: string }[] }>>;
    };
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/events', '/events/{id}', '/replays', '/issues/{fingerprint}/resolve']),
    );
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(paths['/events']?.['get']?.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['q', 'source', 'type', 'status', 'handler', 'from', 'to', 'limit', 'cursor']),
    );
  });
});
