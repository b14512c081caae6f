/**
 * Takes the pictures of the dashboard in docs/screens: each page filled and empty, light, dark and 390 pixels wide. What
 * fills it is made up; the Redis and the browser are real. Run it with `npm run screens [-- page,page]`.
 */
import { bodyHash, eventIdOf, NO_LOG } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { providers } from '@hookline/providers';
import { openEventStore, openQueues, openSystem, pauseHandler, publishStatus } from '@hookline/redis';
import { eventually, obtainBrowser, startOwnRedis } from '@hookline/rig';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openDashboard } from '../apps/dashboard/dist/dashboard.js';

const say = (line) => void process.stdout.write(`${line}\n`);
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const OUT = join(ROOT, 'docs/screens');
const LOGIN = { user: 'operator', password: 'correct horse battery' };
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Numbers from 0 to 1, the same in every run. */
let seed = 7;
const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
const oneOf = (list) => list[Math.floor(random() * list.length)];

const TRAFFIC = [
  { source: 'stripe', type: 'invoice.paid', handlers: ['send-receipt', 'book-payment'] },
  { source: 'stripe', type: 'payment_intent.succeeded', handlers: ['book-payment'] },
  { source: 'stripe', type: 'customer.subscription.updated', handlers: ['update-crm'] },
  { source: 'github', type: 'push', handlers: ['start-build'] },
  { source: 'shopify', type: 'orders/create', handlers: ['reserve-stock', 'update-crm'] },
];
const FAULTS = [
  { handler: 'send-receipt', name: 'TypeError', says: (n) => `customer cus_${n}f3a8 has no address` },
  { handler: 'update-crm', name: 'Error', says: (n) => `the CRM answered 503 after ${200 + (n % 90)} ms` },
  { handler: 'reserve-stock', name: 'RangeError', says: (n) => `order ${10_000 + n} is for -1 pieces` },
];

function eventAt(at, n) {
  const { source, type, handlers } = oneOf(TRAFFIC);
  const provider = providers.get(source);
  const sample = provider.sample(
    provider.sampleTypes.includes(type) ? type : provider.sampleTypes[0],
    `s${n}`,
    at,
  );
  const body = Buffer.from(sample.body);
  const providerId = `evt_${(1_000_000 + n).toString(36)}`;
  const dead = FAULTS.find((fault) => handlers.includes(fault.handler) && random() < 0.012);
  const event = {
    id: eventIdOf(source, providerId),
    revision: `${at}-0`,
    source,
    provider: source,
    providerId,
    type,
    status: dead === undefined ? 'handled' : 'dead',
    receivedAt: at,
    verifiedAt: at + 1,
    recordedAt: at + 3,
    settledAt: at + 180,
    headers: { ...sample.headers, 'user-agent': `${provider.name}/1.0` },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    deliveries: handlers.map((handler) => ({
      handler,
      status: handler === dead?.handler ? 'dead' : 'succeeded',
    })),
  };
  return { event, attempts: handlers.flatMap((handler) => attemptsOf(event, handler, n, dead)) };
}

function attemptsOf({ id, recordedAt }, handler, n, dead) {
  const attempt = (number, startedAt, took, outcome, fault) => ({
    event: id,
    handler,
    run: `${n}-${handler}-${number}`,
    number,
    worker: `worker-${1 + (n % 2)}:${300 + (n % 2)}`,
    startedAt,
    endedAt: startedAt + took,
    outcome,
    error:
      fault === undefined
        ? undefined
        : {
            name: fault.name,
            message: fault.says(n),
            stack: `${fault.name}: ${fault.says(n)}\n    at run (handlers/${handler}.ts:14:11)`,
          },
    log: [{ at: startedAt + 1, level: 'info', message: 'began', fields: { customer: `cus_${n}f3a8` } }],
  });
  if (dead?.handler === handler)
    return [1, 2, 3].map((number) =>
      attempt(number, recordedAt + number * 4_000, 60, number === 3 ? 'dead' : 'retried', dead),
    );
  const fault = FAULTS.find((each) => each.handler === handler);
  const stumbles = fault !== undefined && random() < 0.03;
  const began = recordedAt + 2 + Math.floor(random() * 6);
  const took = 15 + Math.floor(random() * 120);
  return stumbles
    ? [attempt(1, began, took, 'retried', fault), attempt(2, began + 2_000, took, 'succeeded')]
    : [attempt(1, began, took, 'succeeded')];
}

function refusals(now) {
  const refusal = (number, minutes, more) => ({
    id: `r-${number}`,
    at: now - minutes * MINUTE,
    source: 'stripe',
    provider: 'stripe',
    status: 401,
    reason: 'mismatch',
    likely: undefined,
    headers: {
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'content-type': 'application/json',
    },
    excerpt: Buffer.from('{"id":"evt_1QkT","object":"event","type":"invoice.paid","livemode":false'),
    bytes: 2_411,
    suppressed: 0,
    peer: '203.0.113.9',
    ...more,
  });
  return [
    refusal(1, 4, { likely: 'it is signed with the secret that was replaced 3 hours ago' }),
    refusal(2, 22, { reason: 'stale', likely: "the sender's clock is 6 minutes behind", suppressed: 41 }),
    refusal(3, 95, { source: 'github', provider: 'github', reason: 'missing', peer: '198.51.100.7' }),
    refusal(4, 340, { source: 'acme', provider: undefined, status: 404, reason: 'unknown-source' }),
  ];
}

function audit(now) {
  const line = (number, minutes, action, target, detail) => ({
    id: `a-${number}`,
    at: now - minutes * MINUTE,
    actor: oneOf(['ann', 'operator', 'cli:ben']),
    action,
    target,
    outcome: 'done',
    detail,
  });
  return [
    line(1, 12, 'replay.start', '7c1e', 'the CRM is back'),
    line(2, 31, 'queue.pause', 'email', 'the mail server moves'),
    line(3, 33, 'issue.acknowledge', '9f2b51c07d3e8a64', 'asked the shop'),
    line(4, 180, 'schedule.run', 'nightly-report', undefined),
    line(5, 400, 'dead-letter.discard', 'shopify.evt_lfls~reserve-stock', 'a test order'),
  ];
}

async function fillHistory(history, now) {
  for (let at = now - DAY, n = 0; at < now; at += 5 * MINUTE) {
    const hour = new Date(at).getUTCHours();
    const busy = 8 + Math.round(14 * Math.sin((Math.PI * hour) / 24)) + Math.floor(random() * 5);
    const made = Array.from({ length: busy }, () => {
      n += 1;
      return eventAt(Math.floor(Math.min(now - 15_000, at + random() * 5 * MINUTE)), n);
    });
    await history.record({
      events: made.map(({ event }) => event),
      attempts: made.flatMap(({ attempts }) => attempts),
      refusals: [],
      audit: [],
      cursor: undefined,
    });
  }
  await history.record({
    events: [],
    attempts: [],
    refusals: refusals(now),
    audit: audit(now),
    cursor: undefined,
  });
  while ((await history.summarize()).more);
}

async function fillRedis(target, prefix, now) {
  const handlers = [...new Set(TRAFFIC.flatMap((each) => each.handlers))];
  const detail = () => ({
    memory_bytes: 92_000_000,
    event_loop_lag_seconds: 0.011,
    clock_skew_seconds: 0.002,
  });
  const working = () => ({
    queues: 'default email',
    slots: 30,
    running: 1,
    current: 'stripe.evt_ljsr~send-receipt',
    current_since: Date.now() - 1_400,
    ...detail(),
  });
  const announcement = {
    startedAt: now - 3_600_000,
    handlers: handlers.map((name) => ({
      name,
      provider: TRAFFIC.find((each) => each.handlers.includes(name)).source,
      types: TRAFFIC.filter((each) => each.handlers.includes(name)).map(({ type }) => type),
      queue: name === 'send-receipt' ? 'email' : 'default',
    })),
    jobs: [{ name: 'report', queue: 'default' }],
    schedules: [
      { name: 'nightly-report', job: 'report' },
      { name: 'sync-prices', job: 'report' },
    ],
    queues: ['default', 'email'],
  };
  const processes = ['receiver', 'receiver', 'worker', 'worker', 'dashboard'].map((role) =>
    publishStatus({
      target,
      prefix,
      role,
      version: '0.1.0',
      detail: role === 'worker' ? working : detail,
      ...(role === 'worker' ? { announcement } : {}),
    }),
  );
  for (const process of processes) await eventually(() => process.publish());
  const queues = await openQueues({ target, prefix, log: NO_LOG });
  const store = await openEventStore({ target, prefix, log: NO_LOG });
  await eventually(() => store.ping());
  await eventually(() => queues.ping());
  for (let n = 0; n < 6; n += 1) {
    const { event } = eventAt(Date.now(), 900_000 + n);
    await store.accept({ ...event, type: event.type });
  }
  await queues.partition.connection.sadd(queues.partition.keys.queues, 'default', 'email');
  const [queue] = await queues.list();
  for (const [name, pattern] of [
    ['nightly-report', '30 2 * * 1-5'],
    ['sync-prices', '*/10 * * * *'],
  ])
    await queue.upsertJobScheduler(
      name,
      { pattern, tz: 'Europe/Berlin' },
      { name: 'report', data: { kind: 'job', data: {} } },
    );
  await pauseHandler(queues.partition, 'update-crm', {
    by: 'ann',
    reason: 'the CRM is down',
    now: now - 9 * MINUTE,
  });
  await store.close();
  return async () => {
    for (const process of processes) await process.stop();
    await queues.close();
  };
}

/** A dashboard over a history and a prefix. @returns where it is, and how it is ended */
async function openSite(target, prefix, history) {
  const queues = await openQueues({ target, prefix, log: NO_LOG });
  const system = await openSystem({ target, prefix, log: NO_LOG });
  const dashboard = openDashboard({
    login: LOGIN,
    apiKeys: [],
    queues,
    system,
    history: () => history,
    retention: DAY,
    log: NO_LOG,
  });
  const server = createServer(dashboard.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await dashboard.close();
    },
  };
}

const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  390: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

/** @param kind `filled` or `empty` */
async function take(browser, site, kind, pages) {
  for (const [view, options] of Object.entries(VIEWS)) {
    const authorization = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`;
    const context = await browser.newContext({
      ...options,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      extraHTTPHeaders: { authorization },
    });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(site.origin + path);
      await page.waitForTimeout(500);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > options.viewport.width)
        say(`${name} is ${wide} wide where there are ${options.viewport.width}`);
      const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 70 });
      writeFileSync(join(OUT, `${name}-${kind}-${view}.webp`), Buffer.from(data, 'base64'));
    }
    say(`${kind}, ${view}: ${Object.keys(pages).length} pages`);
    await context.close();
  }
}

const only = process.argv[2]?.split(',');
const chosen = (pages) =>
  Object.fromEntries(Object.entries(pages).filter(([name]) => only === undefined || only.includes(name)));
const LISTS = {
  overview: '/admin/overview',
  events: '/admin/events',
  issues: '/admin/issues',
  refusals: '/admin/refusals',
  replays: '/admin/replays',
  sources: '/admin/sources',
  handlers: '/admin/handlers',
  queues: '/admin/backlog',
  schedules: '/admin/schedules',
  workers: '/admin/workers',
  audit: '/admin/audit',
  system: '/admin/system',
};

mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'hookline-screens-'));
const redis = await startOwnRedis();
const target = { kind: 'url', url: redis.url };
const now = Date.now();
const full = await openHistory({ folder }, { log: NO_LOG });
await fillHistory(full, now);
const endRedis = await fillRedis(target, '{full}', now);
const filled = await openSite(target, '{full}', full);
const none = await openHistory(`sqlite:${join(folder, 'none.db')}`, { log: NO_LOG });
const empty = await openSite(target, '{empty}', none);
const browser = await chromium.launch(
  await obtainBrowser({ env: process.env, cache: join(ROOT, 'node_modules/.cache/hookline') }),
);

const {
  items: [issue],
} = await full.issues({ now, limit: 1 });
const call = (path, body) =>
  fetch(`${filled.origin}/admin/api${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  }).then((answer) => answer.json());
const begun = await call('/replays', { query: 'status:dead', canary: true, reason: 'the CRM is back' });
await new Promise((resolve) => setTimeout(resolve, 1_500));

await take(
  browser,
  filled,
  'filled',
  chosen({
    ...LISTS,
    event: `/admin/events/${issue.sample}`,
    issue: `/admin/issues/${issue.fingerprint}`,
    replay: `/admin/replays/${begun.id}`,
    'replay-all': '/admin/replay-all?status=dead',
  }),
);
await take(browser, empty, 'empty', chosen({ ...LISTS, event: '/admin/events/evt_never' }));

await browser.close();
await filled.close();
await empty.close();
await endRedis();
await full.close();
await none.close();
await redis.stop();
