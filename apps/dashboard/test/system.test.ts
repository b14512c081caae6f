import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventuallyFits,
  obtainBrowser,
  startOwnRedis,
  testRedisUrl,
  uniquePrefix,
  type OwnRedis,
} from '@hookline/rig';
import { publishStatus, type SystemState } from '@hookline/redis';
import { Redis } from 'ioredis';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { warningsOf } from '../src/system-warnings.ts';
import { API_KEY, LOGIN, openQueue, startDashboard, USER, type Running } from './harness.ts';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/hookline', import.meta.url));
const PAGE = '/admin/system';
const API = '/admin/api/system';
const EVIL = `<img src=x onerror="document.title='broken into'">`;

interface ApiAnswer {
  readonly redis: string;
  readonly problem?: string;
  readonly warnings: readonly string[];
  readonly state: SystemState;
}

const KEY = { headers: { authorization: `Bearer ${API_KEY}` } };
const ask = async ({ origin }: Running) => (await (await fetch(origin + API, KEY)).json()) as ApiAnswer;

describe('the system page', () => {
  const prefix = uniquePrefix();
  const url = testRedisUrl();
  const redis = new Redis(url);
  const queue = openQueue(url, prefix, 'email');
  const letters = openQueue(url, prefix, 'dead-letter');
  const statuses: { stop(): Promise<void> }[] = [];
  let running: Running;
  let browser: Browser;

  beforeAll(async () => {
    await queue.add('a', {});
    await queue.add('b', {}, { delay: 600_000 });
    await letters.add('gone', {});
    await redis.sadd(`${prefix}/queues`, 'email', 'dead-letter', EVIL);
    await redis.zadd(`${prefix}/events/expiring`, 1, 'one', 2, 'two');
    await redis.hset(`${prefix}/sweeper`, { 'event-requeued': 12, [EVIL]: 1, ranAt: Date.now() - 300_000 });
    const target = { kind: 'url', url } as const;
    const spool = { spool_events: 7, spool_bytes: 2_048, spool_oldest_age_seconds: 90 };
    statuses.push(
      publishStatus({
        target,
        prefix,
        role: 'receiver',
        version: '1.2.3',
        detail: () => ({ ...spool, note: EVIL }),
      }),
      publishStatus({ target, prefix, role: 'worker', version: EVIL, detail: () => ({ queues: 'email' }) }),
    );
    running = await startDashboard(url, prefix);
    await eventuallyFits(
      () => ask(running),
      ({ state }) => state.processes.length === 2,
    );
    browser = await chromium.launch(await obtainBrowser({ env: process.env, cache: CACHE }));
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await Promise.all(statuses.map((status) => status.stop()));
    await Promise.all([queue.obliterate({ force: true }), letters.obliterate({ force: true })]);
    await Promise.all([queue.close(), letters.close()]);
    await redis.del(`${prefix}/queues`, `${prefix}/events/status/handled`, `${prefix}/sweeper`);
    redis.disconnect();
  });

  async function browse(path: string, use: (page: Page) => Promise<void>): Promise<string[]> {
    const context = await browser.newContext({ extraHTTPHeaders: LOGIN });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== running.origin && origin !== 'null') complaints.push(`elsewhere: ${request.url()}`);
    });
    try {
      await page.goto(running.origin + path);
      await use(page);
    } finally {
      await context.close();
    }
    return complaints;
  }

  /** The cells of the row that begins with this. */
  function row(page: Page, first: string): Promise<string[]> {
    const rows = page.getByRole('row').filter({ has: page.getByRole('cell', { name: first, exact: true }) });
    return rows.first().getByRole('cell').allInnerTexts();
  }

  it('shows everything in a browser, without a complaint, and runs nothing that is written in Redis', async () => {
    const complaints = await browse(PAGE, async (page) => {
      await page.getByRole('heading', { name: 'System' }).waitFor();
      expect(await page.title()).toBe('System · Hookline');
      const text = await page.getByRole('main').innerText();
      expect(text).toMatch(/keeps 7 events on its own disk, the oldest for 90 s.*That is long/);
      expect(text).toContain('1 dead letter will not be tried again by itself');
      expect(
        (
          await row(page, `receiver on ${(await ask(running)).state.processes[0]?.host} (${process.pid})`)
        ).slice(1),
      ).toEqual(['7', '2.0 KiB', '90 s']);
      expect(text).toMatch(/Dead letters\s+1\b/);
      expect(text).toMatch(/It last ran [5-9] min ago/);
      expect(text).toContain('event-requeued');
      expect(text).toContain('noeviction');
      expect(text).toContain(EVIL);
    });
    expect(complaints).toEqual([]);
  });

  it('shows every process, and what lies in every queue, and both stay up to date by themselves', async () => {
    const complaints = await browse('/admin/workers', async (page) => {
      await page.getByRole('heading', { name: 'Workers' }).waitFor();
      expect((await row(page, 'receiver')).slice(2, 4)).toEqual([String(process.pid), '1.2.3']);
      expect(await page.getByRole('main').innerText()).toContain(EVIL);
      await page.getByRole('link', { name: 'Queues' }).click();
      await page.getByRole('heading', { name: 'Queues' }).waitFor();
      const [, , waiting, , active, ...rest] = await row(page, 'email');
      expect([active?.split(/\s+/), rest.at(-1)]).toEqual([['0', '1', 'later'], 'Pause']);
      expect(waiting).toMatch(/^1\s+the next for \d+ s$/);
      await queue.add('c', {});
      await eventuallyFits(
        () => row(page, 'email').catch(() => []),
        ([, , waiting]) => waiting?.startsWith('2') === true,
      );
    });
    expect(complaints).toEqual([]);
  });

  it('pauses a queue and lets it go on, and writes down who did it', async () => {
    await browse('/admin/backlog', async (page) => {
      const its = page
        .getByRole('row')
        .filter({ has: page.getByRole('cell', { name: 'email', exact: true }) });
      await its.getByRole('button', { name: 'Pause' }).click();
      await its.getByText('paused').waitFor();
      expect(page.url()).toBe(`${running.origin}/admin/backlog`);
      expect(await queue.isPaused()).toBe(true);
      await its.getByRole('button', { name: 'Resume' }).click();
      await its.getByRole('button', { name: 'Pause' }).waitFor();
      expect(await queue.isPaused()).toBe(false);
      await page.getByRole('link', { name: 'Audit' }).click();
      const acts = page.getByRole('row').filter({ hasText: USER });
      await acts.first().waitFor();
      expect((await acts.allInnerTexts()).map((text) => /queue\.\w+/.exec(text)?.[0])).toEqual([
        'queue.resume',
        'queue.pause',
      ]);
    });
    const answer = await running.send('POST', '/admin/api/queues/email/pause', {
      reason: 'the mail is down',
    });
    expect([answer.status, await answer.json()]).toEqual([200, { name: 'email', paused: true }]);
    await running.send('POST', '/admin/api/queues/email/resume');
    expect((await running.send('POST', '/admin/api/queues/nowhere/pause')).status).toBe(404);
    const audit = (await (await running.get('/admin/api/audit?action=queue.pause')).json()) as {
      readonly audit: readonly object[];
    };
    expect(audit.audit[0]).toMatchObject({ actor: USER, target: 'email', detail: 'the mail is down' });
  });

  it('is a click away from the queues, and they from it', async () => {
    await browse('/admin/queues', async (page) => {
      await page.getByRole('main').getByText('default').first().waitFor();
      // Bull Board's own button for other pages has a picture and no name; it is the last.
      await page.getByRole('banner').getByRole('button').last().click();
      await page.getByRole('menuitem', { name: 'System' }).click();
      await page.getByRole('heading', { name: 'System' }).waitFor();
      expect(page.url()).toBe(running.origin + PAGE);
      await page.getByRole('link', { name: 'Bull Board' }).click();
      await page.getByRole('main').getByText('default').first().waitFor();
      expect(page.url()).toBe(`${running.origin}/admin/queues`);
    });
  });

  it('is JSON for scripts with a key or the login, and for nobody else', async () => {
    const answer = await ask(running);
    expect(answer).toMatchObject({ redis: 'ready', state: { deadLetters: 1, events: { settled: 2 } } });
    expect(answer.state.sweeper).toMatchObject({ 'event-requeued': 12 });
    expect((await running.get(API)).status).toBe(200);
    for (const path of [PAGE, API]) {
      expect((await fetch(running.origin + path)).status).toBe(401);
      expect((await running.get(`${path}/more`)).status).toBe(404);
    }
    expect((await running.send('POST', PAGE)).status).toBe(404);
    expect((await running.send('POST', API)).status).toBe(405);
    expect((await fetch(running.origin + PAGE, KEY)).status).toBe(401);
    expect((await running.get(PAGE)).headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
  });
});

describe('while Redis is away', () => {
  const prefix = uniquePrefix();
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startOwnRedis();
  });
  afterAll(() => redis.stop());

  async function expectAway(running: Running, known: RegExp): Promise<void> {
    const answer = await running.get(PAGE);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('Redis does not answer');
    expect(text).toMatch(known);
    const json = await fetch(running.origin + API, KEY);
    expect([json.status, await json.json()]).toMatchObject([200, { redis: 'away' }]);
  }

  it('says so, shows what was known, and goes on when it is back', async () => {
    const running = await startDashboard(redis.url, prefix);
    try {
      await eventuallyFits(
        () => ask(running),
        (answer) => answer.redis === 'ready',
      );
      redis.freeze();
      await expectAway(running, /What follows is how it was at <time datetime="\d{4}-/);
      redis.thaw();
      await redis.kill();
      await expectAway(running, /<h2>Redis<\/h2>/);
      await redis.restart();
      await eventuallyFits(
        () => ask(running),
        (answer) => answer.redis === 'ready',
      );
      expect(await (await running.get(PAGE)).text()).not.toContain('Redis does not answer');
    } finally {
      await running.close();
    }
  });

  it('is there from the start, knowing nothing', async () => {
    await redis.kill();
    const running = await startDashboard(redis.url, prefix);
    try {
      await expectAway(running, /Nothing is known from before/);
    } finally {
      await running.close();
      await redis.restart();
    }
  });
});

describe('the warnings', () => {
  const worker = {
    id: '2',
    role: 'worker',
    host: 'b',
    pid: 2,
    version: '1',
    startedAt: 0,
    at: 0,
    detail: {},
  };
  const receiver = { ...worker, id: '1', role: 'receiver', host: 'a', pid: 1 };
  const well: SystemState = {
    at: 0,
    queues: [],
    deadLetters: 0,
    events: { received: 0, queued: 0, dispatched: 0, dead: 0, settled: 0 },
    memory: { used: 1, max: 10, ratio: 0.1, policy: 'noeviction' },
    appendfsync: 'always',
    nodes: [],
    away: [],
    sweeper: {},
    unknown: [],
    processes: [receiver, worker],
  };
  const queue = {
    name: 'email',
    waiting: 2,
    prioritized: 1,
    active: 0,
    delayed: 0,
    completed: 0,
    failed: 0,
    paused: true,
  };

  it('are none when all is well', () => {
    const spool = { spool_events: 0, spool_bytes: 0 };
    expect(warningsOf({ ...well, processes: [{ ...receiver, detail: spool }, worker] })).toEqual([]);
  });

  it.each<[string, Partial<SystemState>, RegExp]>([
    [
      'a spool',
      { processes: [{ ...receiver, detail: { spool_events: 1 } }, worker] },
      /on a \(pid 1\) keeps 1 event .*takes them\.$/,
    ],
    [
      'a queue that nobody works on',
      { at: 600_000, queues: [{ ...queue, paused: false, unworkedSince: 0 }] },
      /No worker works on the queue email, with 3 jobs in it, for 10 min/,
    ],
    [
      'work that nobody knows',
      { unknown: ['handler receipt', 'job report'] },
      /no live worker has: handler receipt, job report\./,
    ],
    [
      'an old spool',
      { processes: [{ ...receiver, detail: { spool_events: 2, spool_oldest_age_seconds: 61 } }, worker] },
      /2 events.*That is long/,
    ],
    ['an evicting Redis', { memory: { ...well.memory, policy: 'allkeys-lru' } }, /allkeys-lru/],
    ['a full Redis', { memory: { ...well.memory, ratio: 0.85 } }, /85 % full/],
    ['no append-only file', { appendfsync: 'off' }, /does not sync/],
    ['no worker', { processes: [receiver] }, /^No worker/],
    ['no receiver', { processes: [worker] }, /^No receiver/],
    ['a paused queue', { queues: [queue] }, /email is paused, with 3 jobs waiting/],
    ['dead letters', { deadLetters: 2 }, /^2 dead letters/],
  ])('name %s', (_what, change, words) => {
    const found = warningsOf({ ...well, ...change });
    expect(found).toEqual([expect.stringMatching(words)]);
  });
});
