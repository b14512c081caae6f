import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_LOG, type AuditLine, type History, type RefusalSnapshot } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { obtainBrowser, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { allPages } from '../src/all-pages.ts';
import { LOGIN, startDashboard, type Running } from './harness.ts';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/hookline', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
let history: History;
let running: Running;
let browser: Browser;

const failed = eventOf(7, {
  type: 'invoice.paid',
  status: 'dead',
  deliveries: [
    { handler: 'send-receipt', status: 'dead' },
    { handler: 'update-crm', status: 'succeeded' },
  ],
});

beforeAll(async () => {
  history = await openHistory({ folder }, { log: NO_LOG });
  await history.record(
    blockOf({
      events: [
        eventOf(1),
        eventOf(2, { source: 'billing', type: 'customer.created', status: 'unhandled' }),
        failed,
      ],
      attempts: [
        {
          ...attemptOf(failed, 1),
          handler: 'send-receipt',
          outcome: 'retried',
          error: {
            name: 'TypeError',
            message: 'no address',
            stack: 'TypeError: no address\n    at send (mail.js:3)',
          },
          log: [{ at: failed.receivedAt + 12, level: 'warn', message: 'the customer has no address' }],
        },
        {
          ...attemptOf(failed, 2),
          handler: 'send-receipt',
          outcome: 'dead',
          error: { name: 'TypeError', message: 'no address' },
        },
        { ...attemptOf(failed, 3), handler: 'update-crm' },
      ],
      refusals: [
        refusalOf({ excerpt: Buffer.from('{"id":"evt_refused"}'), likely: 'its clock is 6 minutes behind' }),
      ],
      audit: [
        auditOf({ target: `${failed.id}~send-receipt`, action: 'dead-letter.replay', outcome: 'gone' }),
      ],
    }),
  );
  running = await startDashboard(testRedisUrl(), uniquePrefix(), {}, history);
  browser = await chromium.launch(await obtainBrowser({ env: process.env, cache: CACHE }));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.close();
  await history?.close();
  rmSync(folder, { recursive: true, force: true });
});

function refusalOf(changed: Partial<RefusalSnapshot>): RefusalSnapshot {
  return {
    id: 'r-1',
    at: 1_700_000_100_000,
    source: 'stripe',
    provider: 'stripe',
    status: 401,
    reason: 'stale',
    likely: undefined,
    headers: { 'user-agent': 'Stripe/1.0' },
    excerpt: Buffer.from(''),
    bytes: 20,
    suppressed: 0,
    peer: '203.0.113.9',
    ...changed,
  };
}

function auditOf(changed: Partial<AuditLine>): AuditLine {
  const line = {
    id: 'a-1',
    at: 1_700_000_200_000,
    actor: 'ann',
    action: 'queue.pause',
    target: 'email',
    outcome: 'done',
  };
  return { ...line, detail: undefined, ...changed };
}

const read = async (path: string) => (await running.get(`/admin/api${path}`)).json();

async function browse<Result>(
  path: string,
  use: (page: Page) => Promise<Result>,
): Promise<readonly string[]> {
  const context = await browser.newContext({ extraHTTPHeaders: LOGIN });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  try {
    await page.goto(running.origin + path);
    await use(page);
  } finally {
    await context.close();
  }
  return complaints;
}

describe('the API', () => {
  it('lists events newest first, page by page', async () => {
    const first = (await read('/events?limit=2')) as { events: { id: string }[]; next: string };
    expect(first.events.map(({ id }) => id)).toEqual([failed.id, eventOf(2).id]);
    const second = (await read(`/events?limit=2&cursor=${first.next}`)) as typeof first;
    expect(second.events.map(({ id }) => id)).toEqual([eventOf(1).id]);
    expect(second.next).toBe(null);
  });

  it.each([
    ['q=cus_7', 7],
    ['q=customer%3Dcus_7', 7],
    ['source=billing', 2],
    ['type=customer.*', 2],
    ['status=dead', 7],
    ['handler=send-receipt', 7],
    [`from=1700000006000`, 7],
    [`to=1700000002000&source=stripe`, 1],
    ['q=status%3Adead+object%3Devent', 7],
  ])('finds by %s', async (query, number) => {
    const { events } = (await read(`/events?${query}`)) as { events: { providerId: string }[] };
    expect(events.map(({ providerId }) => providerId)).toEqual([`evt_${number}`]);
  });

  it.each([
    ['status=lost', /status/],
    ['q=from%3Ayesterday', /is no time/],
    ['limit=0', /limit/],
    ['sauce=stripe', /sauce/],
    ['q=%22open', /quotation mark/],
  ])('says what is wrong with %s', async (query, why) => {
    const answer = await running.get(`/admin/api/events?${query}`);
    const { error, detail } = (await answer.json()) as { error: string; detail: string };
    expect([answer.status, error]).toEqual([400, 'bad_request']);
    expect(detail).toMatch(why);
  });

  it('tells an event with all that was done with it, by our id and by the provider’s', async () => {
    for (const id of [failed.id, 'evt_7']) {
      const { event, deliveries, timeline } = (await read(`/events/${id}`)) as Record<string, unknown>;
      expect(event).toMatchObject({
        id: failed.id,
        status: 'dead',
        sha256: failed.sha256,
        bytes: failed.body?.length,
      });
      expect(deliveries).toEqual([
        { handler: 'send-receipt', status: 'dead' },
        { handler: 'update-crm', status: 'succeeded' },
      ]);
      expect(
        (timeline as { kind: string; handler?: string }[]).map(({ kind, handler }) =>
          [kind, handler].join(' ').trim(),
        ),
      ).toEqual([
        'received',
        'verified',
        'recorded',
        'waiting',
        'attempt send-receipt',
        'attempt send-receipt',
        'dead send-receipt',
        'attempt update-crm',
        'act send-receipt',
      ]);
    }
    expect((await running.get('/admin/api/events/nothing')).status).toBe(404);
  });

  it('gives the exact bytes, as nothing that a browser would open', async () => {
    const answer = await running.get(`/admin/api/events/${failed.id}/body`);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(failed.body);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  });

  it.each([
    [
      'evt_7',
      'dead',
      /send-receipt ran 2 times, last on worker@host-1 and gave up .*TypeError: no address.*dead letters/,
    ],
    [eventOf(2).id, 'unhandled', /No handler asks for this type/],
    [
      'evt_refused',
      'refused',
      /was refused at 22:15:00 UTC on 2023-11-14 .*401 \(stale\).*clock is 6 minutes behind/,
    ],
    ['evt_never', 'never-came', /evt_never never came/],
  ])('explains %s: %s', async (id, verdict, text) => {
    const answer = (await read(`/explain/${id}`)) as { verdict: string; text: string };
    expect(answer.verdict).toBe(verdict);
    expect(answer.text).toMatch(text);
  });

  it('lists refusals and what operators did', async () => {
    expect(await read('/refusals?source=stripe')).toMatchObject({
      refusals: [{ reason: 'stale', excerpt: '{"id":"evt_refused"}', peer: '203.0.113.9' }],
      next: null,
    });
    expect(await read('/refusals?reason=mismatch')).toEqual({ refusals: [], next: null });
    expect(await read('/audit')).toMatchObject({ audit: [{ actor: 'ann', action: 'dead-letter.replay' }] });
  });
});

describe('the pages', () => {
  it('lead from a word of the payload to the error of the handler that failed', async () => {
    const complaints = await browse('/admin/events', async (page) => {
      await page.getByRole('searchbox', { name: 'Search' }).fill('customer=cus_7');
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByText('1').first().waitFor();
      expect(page.url()).toContain('q=customer%3Dcus_7');
      expect(await page.getByRole('row').count()).toBe(2);
      await page.getByRole('link', { name: 'invoice.paid' }).click();
      await page.getByRole('heading', { name: 'invoice.paid' }).waitFor();
      const text = await page.getByRole('main').innerText();
      for (const shown of ['TypeError: no address', 'the customer has no address', '"customer": "cus_7"'])
        expect(text).toContain(shown);
      expect(await page.locator('svg .bar.bad').count()).toBe(1);
    });
    expect(complaints).toEqual([]);
  });

  it('show a new event without a reload', async () => {
    await browse('/admin/events?source=live', async (page) => {
      await page.getByText('No event fits').waitFor();
      await history.record(blockOf({ events: [eventOf(50, { source: 'live', type: 'live.arrived' })] }));
      await page.getByRole('link', { name: 'live.arrived' }).waitFor();
    });
  });

  it('show the refused request with its cause', async () => {
    await browse('/admin/refusals', async (page) => {
      await page.getByText('its clock is 6 minutes behind').waitFor();
      await page.getByText('Headers and first bytes').click();
      await page.getByText('{"id":"evt_refused"}').waitFor();
    });
  });

  it('show times in the zone of whoever looks, with UTC at hand', async () => {
    const context = await browser.newContext({
      extraHTTPHeaders: LOGIN,
      timezoneId: 'Asia/Tokyo',
      locale: 'en-GB',
    });
    const page = await context.newPage();
    await page.goto(`${running.origin}/admin/events?q=cus_7`);
    const time = page.locator('time').first();
    await page.waitForFunction(() => document.querySelector('time')?.title !== '');
    expect(await time.innerText()).toBe('15 Nov 2023, 07:13:27');
    expect(await time.getAttribute('title')).toContain('2023-11-14T22:13:27.000Z');
    await context.close();
  });
});

const HOSTILE = [
  `<script>document.title='broken into'</script><img src=x onerror="alert(1)">`,
  `javascript:alert(1)`,
  `"><svg onload=alert(1)>`,
  '\u202egnp.exe\u2066 \u001b[31mred\u001b[0m \u0000\u0007',
  `{{constructor.constructor('alert(1)')()}} __proto__ ${'x'.repeat(20_000)}`,
] as const;
const DEEP = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;

describe('what strangers send', () => {
  const evil = HOSTILE.join(' ');
  const bodies = [
    Buffer.from(JSON.stringify({ evil, ['__proto__']: 1, [evil]: evil })),
    Buffer.from(DEEP),
    Buffer.from([0xff, 0xfe, 0, 0xc3]),
  ];
  const events = bodies.map((body, index) =>
    eventOf(900 + index, {
      body,
      source: 'hostile',
      type: evil.slice(0, 200),
      status: 'dead',
      headers: { 'x-evil': evil.slice(0, 400) },
      deliveries: [{ handler: 'a', status: 'dead' }],
    }),
  );

  beforeAll(async () => {
    await history.record(
      blockOf({
        events,
        attempts: events.map((event) => ({
          ...attemptOf(event, 1),
          outcome: 'dead' as const,
          worker: evil.slice(0, 100),
          error: { name: evil.slice(0, 80), message: evil, stack: evil },
          log: [{ at: event.receivedAt, level: 'error' as const, message: evil, fields: { evil } }],
        })),
        refusals: [
          refusalOf({
            id: 'r-evil',
            source: evil.slice(0, 60),
            likely: evil,
            headers: { 'x-evil': evil },
            excerpt: Buffer.from(evil),
          }),
        ],
        audit: [
          auditOf({
            id: 'a-evil',
            actor: evil.slice(0, 60),
            action: evil.slice(0, 60),
            target: evil,
            detail: evil,
          }),
        ],
      }),
    );
  });

  it('shows as text on every page, and no page is large', async () => {
    const paths = [
      ...allPages.flatMap(({ path }) => (path.includes(':') ? [] : [path])),
      ...events.map(({ id }) => `/admin/events/${id}`),
      `/admin/events?q=${encodeURIComponent(HOSTILE[0])}&source=${encodeURIComponent(HOSTILE[2])}`,
      `/admin/events/${encodeURIComponent(HOSTILE[0])}`,
    ];
    const context = await browser.newContext({ extraHTTPHeaders: LOGIN });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    for (const path of paths) {
      const answer = await running.get(path);
      const text = await answer.text();
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, text.length < 100_000]).toEqual([path, true]);
      // eslint-disable-next-line no-control-regex -- none of these may be in a page
      expect([path, /[\u0000\u0007\u001b\u202e\u2066]/.test(text)]).toEqual([path, false]);
      await page.goto(running.origin + path);
      await page.waitForTimeout(100);
      expect(await page.title()).not.toBe('broken into');
      expect(await page.locator('main script, main img, main svg[onload]').count()).toBe(0);
      expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
      expect([path, ...complaints]).toEqual([path]);
    }
    await context.close();
  }, 180_000);
});
