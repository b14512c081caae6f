import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_LOG, type History } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allApiRoutes } from '../src/all-api-routes.ts';
import { allPages } from '../src/all-pages.ts';
import { LOGIN, startDashboard, type Running } from './harness.ts';

const SECRET = 'canary-4711-in-the-payload';
const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
const event = eventOf(1, {
  status: 'dead',
  body: Buffer.from(JSON.stringify({ customer: SECRET })),
  headers: { 'x-customer': SECRET },
  deliveries: [{ handler: 'a', status: 'dead' }],
});
const as = (name: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:a password of a viewer`).toString('base64')}`,
});
const viewers = (['blind', 'seeing'] as const).map((user) => ({ user, password: 'a password of a viewer' }));
let history: History;
let closed: Running;
let open: Running;
let fingerprint: string;

beforeAll(async () => {
  history = await openHistory({ folder }, { log: NO_LOG });
  await history.record(
    blockOf({
      events: [event],
      attempts: [
        {
          ...attemptOf(event, 1),
          outcome: 'dead',
          error: { name: 'Error', message: 'no address', stack: `Error: no address\n at ${SECRET}` },
          log: [{ at: event.receivedAt, level: 'info', message: SECRET }],
        },
      ],
      refusals: [
        {
          id: 'r-1',
          at: event.receivedAt,
          source: 'stripe',
          provider: 'stripe',
          status: 401,
          reason: 'mismatch',
          likely: undefined,
          headers: { 'x-customer': SECRET },
          excerpt: Buffer.from(SECRET),
          bytes: 10,
          suppressed: 0,
          peer: undefined,
        },
      ],
    }),
  );
  fingerprint = (await history.issues({ now: event.receivedAt, limit: 1 })).items[0]?.fingerprint ?? '';
  const url = testRedisUrl();
  closed = await startDashboard(url, uniquePrefix(), { viewers }, history);
  open = await startDashboard(url, uniquePrefix(), { viewers, viewersSeePayloads: true }, history);
}, 60_000);

afterAll(async () => {
  await closed?.close();
  await open?.close();
  await history?.close();
  rmSync(folder, { recursive: true, force: true });
});

const place = (path: string) =>
  path.replace(':fingerprint', fingerprint).replace(':id', event.id).replace(':name', 'default');
const READ = [
  ...allPages.map(({ path }) => place(path)),
  ...allApiRoutes.flatMap(({ method, path }) => (method === 'GET' ? [`/admin/api${place(path)}`] : [])),
  '/admin/api/openapi.json',
];
const CHANGE = allApiRoutes.flatMap(({ method, path }) =>
  method === 'POST' ? [`/admin/api${place(path)}`] : [],
);

describe('every page and call', () => {
  it('is closed without a login', async () => {
    expect(CHANGE.length).toBeGreaterThan(10);
    for (const path of [...READ, '/admin/queues', '/admin/queues/api/queues']) {
      const answer = await fetch(closed.origin + path, { redirect: 'manual' });
      expect([path, answer.status]).toEqual([path, 401]);
      const page = await fetch(closed.origin + path, {
        redirect: 'manual',
        headers: { accept: 'text/html' },
      });
      expect([path, page.status]).toEqual([path, path.startsWith('/admin/api/') ? 401 : 303]);
      expect(await answer.text()).not.toContain(SECRET);
    }
    for (const path of CHANGE)
      expect([path, (await fetch(closed.origin + path, { method: 'POST' })).status]).toEqual([path, 401]);
  });

  it('refuses what another site makes a browser send', async () => {
    for (const path of CHANGE)
      for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
        const answer = await fetch(closed.origin + path, {
          method: 'POST',
          headers: { ...LOGIN, ...headers },
        });
        expect([path, answer.status]).toEqual([path, 403]);
      }
  });

  it('lets a viewer change nothing, and see no payload', async () => {
    for (const path of CHANGE) {
      const answer = await fetch(closed.origin + path, { method: 'POST', headers: as('blind') });
      expect([path, answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
        path,
        403,
        'viewer_may_not',
      ]);
    }
    for (const path of READ) {
      const answer = await fetch(closed.origin + path, { headers: as('blind') });
      expect([path, answer.status < 500 && answer.status !== 401]).toEqual([path, true]);
      expect([path, (await answer.text()).includes(SECRET)]).toEqual([path, false]);
    }
    const page = await fetch(`${closed.origin}/admin/events/${event.id}`, { headers: as('blind') });
    expect(await page.text()).not.toContain('<form class="act"');
  });

  it('does not let a viewer find out what is in a payload by searching for it', async () => {
    for (const q of [SECRET, `customer=${SECRET}`]) {
      const path = `/admin/api/events?q=${encodeURIComponent(q)}`;
      expect((await fetch(closed.origin + path, { headers: as('blind') })).status).toBe(400);
      expect(await (await fetch(open.origin + path, { headers: as('seeing') })).json()).toMatchObject({
        events: [{ id: event.id }],
      });
    }
    const byField = await fetch(`${closed.origin}/admin/api/events?q=status:dead`, { headers: as('blind') });
    expect(byField.status).toBe(200);
  });

  it('looks for no payload where there is no history: not for a list, and least of all for a replay', async () => {
    const blindly = await startDashboard(testRedisUrl(), uniquePrefix());
    try {
      for (const [path, body] of [
        ['/admin/api/events?q=word', undefined],
        ['/admin/api/events?q=a%3Db', undefined],
        ['/admin/api/replays', { query: 'word' }],
        ['/admin/api/replays', { query: { q: 'a=b' }, dryRun: true }],
      ] as const) {
        const answer = await (body === undefined ? blindly.get(path) : blindly.send('POST', path, body));
        const { detail } = (await answer.json()) as { detail: string };
        expect([path, answer.status, detail]).toEqual([
          path,
          400,
          expect.stringContaining('only be searched in a history'),
        ]);
      }
      expect((await blindly.get('/admin/api/events?q=status:dead')).status).toBe(200);
      expect(await (await blindly.get('/admin/events?q=word')).text()).toContain(
        'only be searched in a history',
      );
    } finally {
      await blindly.close();
    }
  });

  it('shows a viewer payloads where that is set', async () => {
    const body = await fetch(`${open.origin}/admin/api/events/${event.id}/body`, { headers: as('seeing') });
    expect(await body.text()).toContain(SECRET);
    const page = await fetch(`${open.origin}/admin/events/${event.id}`, { headers: as('seeing') });
    expect(await page.text()).toContain(SECRET);
  });
});
