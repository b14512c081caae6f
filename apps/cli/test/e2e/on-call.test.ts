import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, obtainBrowser } from '@hookline/rig';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import {
  handlerModule,
  hookline,
  openStage,
  startReceiver,
  startWorker,
  type Journal,
  type Program,
  type Stage,
} from './processes.ts';
import { post, signature, STRIPE_SECRET } from './stripe-events.ts';
import { where } from './where.ts';

const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/hookline', import.meta.url));
const [USER, PASSWORD] = ['operator', 'q7Vd-mm2Xw-p0Lz'] as const;

let stage: Stage;
let journal: Journal;
let env: Record<string, string>;
let receiverUrl: string;
let worker: Program;
let origin: string;
let browser: Browser;
let page: Page;

/** What a worker has that cannot send a receipt to anybody without an address, or can. */
const app = (isMended: boolean): string =>
  stage.appDir({
    'handlers/send-receipt.mjs': handlerModule('send-receipt', journal, {
      options: 'retry: { attempts: 1 },',
      body: isMended
        ? "ctx.log.info('sent');"
        : "ctx.log.warn('asked the book of addresses'); throw new TypeError('customer ' + event.payload.customer + ' has no address');",
    }),
    'jobs/report.mjs': "export default { name: 'report', run: async () => 'done' };",
    'schedules/nightly.mjs':
      "export default { name: 'nightly', cron: '0 3 * * *', timezone: 'UTC', job: 'report' };",
  });

async function pay(customer: string, more: { secret?: string } = {}): Promise<string> {
  const id = `evt_${customer}`;
  const body = JSON.stringify({
    id,
    object: 'event',
    type: 'invoice.paid',
    customer,
    data: { object: { customer } },
  });
  const answer = await post(receiverUrl, { body, headers: signature(body, more) });
  return String(answer.body.id ?? answer.status);
}

const cli = async (...args: string[]) => (await hookline(stage, env, ...args)).output;
const api = async (path: string, method = 'GET', body?: unknown) => {
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const answer = await fetch(`${origin}/admin/api${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [answer.status, (await answer.json()) as Record<string, unknown>] as const;
};
const main = () => page.getByRole('main').innerText();
const shows = (text: string | RegExp) => page.getByRole('main').getByText(text).first().waitFor();
const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click();

beforeAll(async () => {
  stage = openStage();
  journal = stage.journal();
  env = {
    ...where(),
    HISTORY_URL: `sqlite:${stage.dir}/history.db`,
    WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
    DASHBOARD_USER: USER,
    DASHBOARD_PASSWORD: PASSWORD,
  };
  const dashboard = stage.run('dashboard', env);
  [, origin = ''] = await dashboard.says(/dashboard: ready\s+url=(http:\/\/[^/\s]+)/);
  receiverUrl = (await startReceiver(stage, env)).url;
  worker = await startWorker(stage, { ...env, APP_DIR: app(false) });
  browser = await chromium.launch(await obtainBrowser({ env: process.env, cache: CACHE }));
  page = await browser.newPage();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await stage.close();
});

describe('somebody on call', () => {
  it('logs in, and is led to where they wanted to be', async () => {
    await page.goto(`${origin}/admin/events`);
    await page.locator('input[name=user]').fill(USER);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    await shows('No event has come yet');
  });

  it('sees an event arrive live, finds it by what it says, and reads why it failed', async () => {
    const id = await pay('cus_10x4471');
    await page.getByRole('link', { name: 'invoice.paid' }).waitFor();
    await pay('cus_22y9038');
    await page.getByRole('searchbox').fill('customer=cus_10x4471');
    await press('Search');
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(2));
    await page.getByRole('link', { name: 'invoice.paid' }).click();
    await shows('TypeError: customer cus_10x4471 has no address');
    const text = await main();
    for (const said of [
      'asked the book of addresses',
      '"customer": "cus_10x4471"',
      'It runs again only when',
    ])
      expect(text).toContain(said);
    expect(await page.locator('svg .bar').count()).toBeGreaterThan(1);

    const [, event] = await api(`/events/evt_cus_10x4471`);
    expect(event).toMatchObject({ event: { id, status: 'dead' } });
    expect((await api('/events?subject=cus_10x4471'))[1]).toMatchObject({
      events: [{ id, subject: 'cus_10x4471' }],
    });
    const [, found] = await api('/events?q=customer%3Dcus_10x4471');
    expect(found).toMatchObject({ events: [{ id }] });
    expect(await cli('events', 'search', 'customer=cus_10x4471')).toContain(id);
    expect((await cli('explain', 'evt_cus_10x4471')).replaceAll(/\s+/g, ' ')).toContain(
      'send-receipt ran once on',
    );
  });

  it('mends the handler, replays the event and sees it succeed', async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
    worker = await startWorker(stage, { ...env, APP_DIR: app(true) });
    await page.locator('input[name=reason]').fill('the address is known now');
    await press('Replay');
    await page.goto(`${origin}/admin/events/evt_cus_10x4471`);
    await page.locator('.badge.good', { hasText: 'handled' }).waitFor();
    expect(journal.lines().filter((line) => line.includes('evt_cus_10x4471'))).toHaveLength(2);
    expect((await api('/audit'))[1]).toMatchObject({
      audit: expect.arrayContaining([
        expect.objectContaining({ actor: USER, detail: expect.stringContaining('the address is known now') }),
      ]),
    });
  });

  it('finds all that failed alike as one issue, acknowledges it and replays it', async () => {
    await page.goto(`${origin}/admin/issues`);
    await page.getByRole('link', { name: 'customer <id> has no address' }).click();
    await press('Acknowledge');
    await page.locator('.badge.warn', { hasText: 'acknowledged' }).waitFor();
    await press('Replay all that are dead');
    await eventually(async () =>
      expect((await api('/events/evt_cus_22y9038'))[1]).toMatchObject({ event: { status: 'handled' } }),
    );
    expect(await cli('issues', 'list', '--state', 'acknowledged')).toContain('customer <id> has no address');
    expect(await cli('replays', 'list')).toContain('done');
  });

  it('finds a request that was refused, and why', async () => {
    expect(await pay('cus_refused', { secret: 'whsec_of_somebody_else' })).toBe('401');
    await page.goto(`${origin}/admin/refusals`);
    await shows('401 mismatch');
    expect(await cli('refusals', 'list')).toContain('mismatch');
    expect((await api('/explain/evt_cus_refused'))[1]).toMatchObject({ verdict: 'refused' });
  });

  it('pauses a schedule and runs it by hand', async () => {
    await page.goto(`${origin}/admin/schedules`);
    await shows('At 03:00');
    await press('Pause');
    await page.locator('.badge.warn', { hasText: 'paused' }).waitFor();
    await press('Run now');
    await page.locator('.badge.good', { hasText: 'succeeded' }).waitFor();
    expect(await cli('schedules', 'list')).toMatch(/nightly\s+paused/);
    expect((await api('/schedules/nightly/resume', 'POST', { reason: 'enough' }))[0]).toBe(200);
    expect(await cli('schedules', 'list')).toMatch(/nightly\s+set/);
  });

  it('pauses a handler, and lets it go on with what waited', async () => {
    await page.goto(`${origin}/admin/handlers`);
    await press('Pause');
    await page.locator('.badge.warn', { hasText: 'paused' }).waitFor();
    const id = await pay('cus_held');
    await shows('1 delivery waits for it');
    expect((await cli('explain', id)).replaceAll(/\s+/g, ' ')).toContain(`${USER} paused it`);
    expect(await cli('handlers', 'resume', 'send-receipt')).toContain('goes on');
    await eventually(async () =>
      expect((await api(`/events/${id}`))[1]).toMatchObject({ event: { status: 'handled' } }),
    );
    expect((await api('/handlers/nobody/pause', 'POST', {}))[0]).toBe(404);
  });
});
