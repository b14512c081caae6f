import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventuallyFits, obtainBrowser, testRedisUrl, uniquePrefix } from '@hookline/rig';
import type { Queue } from 'bullmq';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { openQueue, PASSWORD, startDashboard, USER, type Running } from './harness.ts';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/hookline', import.meta.url));
const ADA = { user: 'ada', password: 'staple battery horse' };
const BASIC = `Basic ${Buffer.from(`${ADA.user}:${ADA.password}`).toString('base64')}`;
/** To a browser a host by name is less than its own machine: over plain HTTP it sends it no `Sec-Fetch-Site`. */
const [BY_NAME, ELSEWHERE] = ['board.example', 'chat.example'];

const prefix = uniquePrefix();
let queue: Queue;
let running: Running;
let seeing: Running;
let browser: Browser;

beforeAll(async () => {
  const url = testRedisUrl();
  queue = openQueue(url, prefix, 'default');
  await queue.add('charge', { kind: 'job', data: { card: 'of-a-customer' } }, { jobId: 'charge-1' });
  running = await startDashboard(url, prefix, { viewers: [ADA] });
  seeing = await startDashboard(url, prefix, { viewers: [ADA], viewersSeePayloads: true });
  for (const { get } of [running, seeing])
    await eventuallyFits(
      () => get('/admin/queues/api/queues/default/charge-1'),
      ({ status }) => status === 200,
    );
  const found = await obtainBrowser({ env: process.env, cache: CACHE });
  const rules = [BY_NAME, ELSEWHERE].map((host) => `MAP ${host} 127.0.0.1`).join(',');
  browser = await chromium.launch({ ...found, args: [...found.args, `--host-resolver-rules=${rules}`] });
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.close();
  await seeing?.close();
  await queue.obliterate({ force: true });
  await queue.close();
});

describe("a viewer at the queues' board", () => {
  const JOB = '/admin/queues/api/queues/default/charge-1';

  it('sees the data of jobs only where viewers may', async () => {
    for (const path of [
      JOB,
      '/admin/queues/api/queues?activeQueue=default',
      '/admin/queues',
      '/ADMIN/queues/API/queues',
    ])
      for (const method of ['GET', 'HEAD']) {
        const answer = await fetch(running.origin + path, { method, headers: { authorization: BASIC } });
        expect([path, answer.status]).toEqual([path, 403]);
        expect(await answer.text()).not.toContain('of-a-customer');
      }
    const seen = await fetch(seeing.origin + JOB, { headers: { authorization: BASIC } });
    expect(await seen.text()).toContain('of-a-customer');
    expect(await (await running.get(JOB)).text()).toContain('of-a-customer');
  });

  it('changes nothing, also where the data may be seen', async () => {
    for (const [method, path] of [
      ['PUT', `${JOB}/clean`],
      ['PATCH', `${JOB}/update-data`],
      ['PUT', '/admin/queues/api/queues/default/pause'],
      ['POST', '/admin/queues/api/queues/default/add'],
    ] as const) {
      const answer = await seeing.send(method, path, {}, { authorization: BASIC });
      expect([answer.status, await answer.json()]).toMatchObject([403, { error: 'viewer_may_not' }]);
    }
    expect(await queue.isPaused()).toBe(false);
    expect(await queue.getJobState('charge-1')).toBe('waiting');
  });
});

/** Opens a page in a browser that knows nobody. */
async function inBrowser(use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

async function logIn(page: Page, { user, password }: typeof ADA): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

describe('the login form in a browser', () => {
  it.each(['127.0.0.1', BY_NAME])('leads to the page that was opened, at %s', async (host) => {
    const origin = running.origin.replace('127.0.0.1', host);
    await inBrowser(async (page) => {
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
      });
      await page.goto(`${origin}/admin/system?from=link`);
      expect(page.url()).toBe(`${origin}/admin/login?next=%2Fadmin%2Fsystem%3Ffrom%3Dlink`);
      await logIn(page, { user: USER, password: 'a guess' });
      await page.getByRole('alert').getByText('The user or the password is wrong').waitFor();
      await logIn(page, { user: USER, password: PASSWORD });
      await page.waitForURL(`${origin}/admin/system?from=link`);
      await page.getByRole('heading', { name: 'System' }).waitFor();
      expect(complaints).toEqual([]);
    });
  });

  it.each(['127.0.0.1', BY_NAME])('begins a session that works the queues, at %s', async (host) => {
    const origin = running.origin.replace('127.0.0.1', host);
    await inBrowser(async (page) => {
      await page.goto(origin);
      await logIn(page, { user: USER, password: PASSWORD });
      await page.waitForURL(`${origin}/admin/queues`);
      const pause = (act: string) =>
        page.evaluate(
          async (path) => (await fetch(path, { method: 'PUT' })).status,
          `/admin/queues/api/queues/default/${act}`,
        );
      expect(await pause('pause')).toBe(200);
      expect(await queue.isPaused()).toBe(true);
      expect(await pause('resume')).toBe(200);
    });
  });

  it('is skipped by whoever has a session and follows a link on another site', async () => {
    const other = createServer((_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<a href="${running.origin}/admin/system">an event</a>`),
    ).listen(0, '127.0.0.1');
    await once(other, 'listening');
    await inBrowser(async (page) => {
      await page.goto(`${running.origin}/admin/system`);
      await logIn(page, { user: USER, password: PASSWORD });
      await page.waitForURL(`${running.origin}/admin/system`);
      await page.goto(`http://${ELSEWHERE}:${(other.address() as AddressInfo).port}/`);
      await page.getByRole('link').click();
      await page.waitForURL(`${running.origin}/admin/system`);
      await page.getByRole('heading', { name: 'System' }).waitFor();
    });
    await inBrowser(async (page) => {
      await page.goto(`http://${ELSEWHERE}:${(other.address() as AddressInfo).port}/`);
      await page.getByRole('link').click();
      await page.waitForLoadState('networkidle');
      await logIn(page, { user: USER, password: PASSWORD });
      await page.waitForURL(`${running.origin}/admin/system`);
    });
    other.closeAllConnections();
    other.close();
  });

  it('tells a viewer why there are no queues, and where else to look', async () => {
    await inBrowser(async (page) => {
      await page.goto(running.origin);
      await logIn(page, ADA);
      await page.getByRole('heading', { name: 'Your account may not see payloads' }).waitFor();
      await page.getByRole('link', { name: 'System' }).click();
      await page.getByRole('heading', { name: 'System' }).waitFor();
    });
  });
});
