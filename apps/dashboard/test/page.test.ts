import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventuallyFits, obtainBrowser, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { Worker, type Queue } from 'bullmq';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { LOGIN, openQueue, startDashboard, type Running } from './harness.ts';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/hookline', import.meta.url));
const prefix = uniquePrefix();
let queue: Queue;
let running: Running;
let browser: Browser;

beforeAll(async () => {
  const url = testRedisUrl();
  queue = openQueue(url, prefix, 'default');
  await queue.add('send-receipt', { kind: 'job', data: { amount: 5 } }, { jobId: 'receipt-1', attempts: 1 });
  const worker = new Worker('default', failing, { connection: { url }, prefix });
  await once(worker, 'failed');
  await worker.close();
  running = await startDashboard(url, prefix);
  await eventuallyFits(
    () => running.get('/admin/queues/api/queues'),
    ({ status }) => status === 200,
  );
  browser = await chromium.launch(await obtainBrowser({ env: process.env, cache: CACHE }));
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await running?.close();
  await queue.obliterate({ force: true });
  await queue.close();
});

async function failing(): Promise<never> {
  throw new Error('the mail server is away');
}

/** What a browser would complain of, or ask other hosts for, while `use` goes on. */
async function complaintsDuring(use: (page: Page) => Promise<void>): Promise<string[]> {
  const context = await browser.newContext({ extraHTTPHeaders: LOGIN });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A Redis that answers late on a busy machine is a 503, and the page asks again: no fault of the page.
    if (message.type() === 'error' && !/status of 503/.test(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== running.origin && origin !== 'null') complaints.push(`elsewhere: ${request.url()}`);
  });
  try {
    await use(page);
  } finally {
    await context.close();
  }
  return complaints;
}

/** The job's buttons have pictures and no names; retrying is the first. */
function retryButton(page: Page): Locator {
  const actions = page
    .getByRole('main')
    .getByRole('list')
    .filter({ has: page.getByRole('button') });
  return actions.last().getByRole('button').first();
}

describe('the board in a browser', () => {
  it('shows the queues and a job without an error and without asking another host', async () => {
    const complaints = await complaintsDuring(async (page) => {
      await page.goto(running.origin);
      await page.getByRole('main').getByText('default').first().waitFor();
      expect(page.url()).toBe(`${running.origin}/admin/queues`);
      expect(await page.title()).toContain('Hookline');
      await page.goto(`${running.origin}/admin/queues/queue/default/receipt-1`);
      await page.getByText('the mail server is away').first().waitFor();
    });
    expect(complaints).toEqual([]);
  });

  it('retries a failed job', async () => {
    const job = await queue.getJob('receipt-1');
    expect(await job?.getState()).toBe('failed');
    const complaints = await complaintsDuring(async (page) => {
      await page.goto(`${running.origin}/admin/queues/queue/default/receipt-1`);
      await page.getByRole('heading', { name: 'send-receipt' }).waitFor();
      await retryButton(page).click();
      await page.getByRole('button', { name: 'Confirm' }).click();
      await eventuallyFits(
        () => queue.getJobState('receipt-1'),
        (state) => state === 'waiting',
      );
    });
    expect(complaints).toEqual([]);
  });
});
