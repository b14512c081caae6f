import { mkdtemp, readFile, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { recordPayment } from '../src/integrations/ledger.ts';
import { configureIntegrations } from '../src/settings.ts';
import { putUser } from '../src/integrations/users.ts';
import dailyReport from '../src/jobs/daily-report.ts';
import dailyReports from '../src/jobs/daily-reports.ts';
import schedule from '../src/schedules/daily-reports.ts';
import { exampleContext } from './example-context.ts';
import { parseMail } from './parse-mail.ts';

let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-reports-'));
  configureIntegrations({ dataDir, mailFrom: 'shop@shop.example' });
});
afterEach(() => rm(dataDir, { recursive: true }));

const addUser = (id: string) => putUser({ id, name: `User ${id}`, email: `${id}@example.com` });
const pay = (paymentId: string, amount: number, currency: string) =>
  recordPayment({ paymentId, amount, currency });

describe('daily-reports', () => {
  it('002 scheduled tasks: queues one report for each user, of the payments of a day', async () => {
    for (const id of ['cy', 'ann', 'bob']) await addUser(id);
    await pay('pay_1', 1000, 'usd');
    await pay('pay_2', 50, 'USD');
    await pay('pay_3', 500, 'jpy');
    await pay('pay_old', 9999, 'usd');
    const twoDaysAgo = Date.now() / 1_000 - 2 * 86_400;
    await utimes(join(dataDir, 'ledger/pay_old.json'), twoDaysAgo, twoDaysAgo);

    const ctx = exampleContext();
    expect(await dailyReports.run(undefined, ctx)).toEqual({ reports: 3 });
    const totals = { USD: 1050, JPY: 500 };
    expect(ctx.enqueued).toEqual(
      ['ann', 'bob', 'cy'].map((userId) => ({ job: 'daily-report', data: { userId, totals } })),
    );
    for (const { data } of ctx.enqueued)
      expect(await dailyReport.schema?.['~standard'].validate(data)).toEqual({ value: data });
  });

  it('asks for the same jobs when it is tried again, whoever came and paid in between', async () => {
    await addUser('bob');
    const ctx = exampleContext();
    await dailyReports.run(undefined, ctx);
    await addUser('ann');
    await pay('pay_1', 1000, 'usd');
    const retry = ctx.nextAttempt();
    await dailyReports.run(undefined, retry);
    expect(retry.enqueued).toEqual(ctx.enqueued);
    expect(retry.enqueued).toHaveLength(1);
  });

  it('has nobody to tell at first', async () => {
    const ctx = exampleContext();
    expect(await dailyReports.run(undefined, ctx)).toEqual({ reports: 0 });
    expect(ctx.enqueued).toEqual([]);
  });

  it('stops when it is aborted', async () => {
    await addUser('ann');
    const ctx = exampleContext({ signal: AbortSignal.abort(new Error('this process is stopping')) });
    await expect(dailyReports.run(undefined, ctx)).rejects.toThrow('this process is stopping');
    expect(ctx.enqueued).toEqual([]);
  });

  it('002 scheduled tasks: runs every day at eight, where its readers are', () => {
    expect(schedule).toMatchObject({ cron: '0 8 * * *', timezone: 'Europe/Berlin', job: dailyReports });
  });
});

describe('daily-report', () => {
  it('002 scheduled tasks: mails the user once, however many attempts there are', async () => {
    await addUser('ann');
    const ctx = exampleContext({ idempotencyKey: 'daily~1' });
    const data = { userId: 'ann', totals: { USD: 1050, JPY: 500 } };
    await dailyReport.run(data, ctx);
    await dailyReport.run(data, ctx.nextAttempt());
    expect(await readdir(join(dataDir, 'outbox'))).toEqual(['daily~1.eml']);
    const mail = parseMail(await readFile(join(dataDir, 'outbox/daily~1.eml'), 'utf8'));
    expect(mail.headers).toMatchObject({ to: 'ann@example.com', subject: 'Your daily report' });
    expect(mail.text).toContain('Hello User ann,');
    expect(mail.text).toContain('received in the last 24 hours: $10.50, ¥500.');
  });

  it('says so when nothing was received', async () => {
    await addUser('ann');
    await dailyReport.run({ userId: 'ann', totals: {} }, exampleContext({ idempotencyKey: 'd' }));
    const mail = parseMail(await readFile(join(dataDir, 'outbox/d.eml'), 'utf8'));
    expect(mail.text).toContain('24 hours: nothing.');
  });

  it('has nobody to tell once the user is gone', async () => {
    expect(await dailyReport.run({ userId: 'ann', totals: {} }, exampleContext())).toEqual({
      skipped: "there is no user 'ann' any more",
    });
  });

  it.each([{ userId: '../x', totals: {} }, { userId: 'a', totals: { dollars: 1 } }, { userId: 'a' }])(
    'has a schema that refuses %j',
    async (data) => {
      const outcome = await dailyReport.schema?.['~standard'].validate(data);
      expect(outcome?.issues).toHaveLength(1);
    },
  );
});
