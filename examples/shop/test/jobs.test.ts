import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isName, NonRetryableError } from '@hookline/core';
import { recordPayment } from '../src/integrations/ledger.ts';
import { configureIntegrations } from '../src/settings.ts';
import processPayment from '../src/jobs/process-payment.ts';
import sendReceipt from '../src/jobs/send-receipt.ts';
import syncCrm from '../src/jobs/sync-crm.ts';
import syncCrmSchedule from '../src/schedules/sync-crm.ts';
import { exampleContext } from './example-context.ts';
import { startHttpServer } from './http-server.ts';

const mailFrom = 'shop@shop.example';
const payment = { paymentId: 'pay_1', amount: 1050, currency: 'usd', email: 'payer@example.com' };
let dataDir = '';
let close: () => Promise<void> = async () => {};

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-jobs-'));
  configureIntegrations({ dataDir, mailFrom });
});
afterEach(async () => {
  await close();
  close = async () => {};
  await rm(dataDir, { recursive: true });
});

describe('process-payment', () => {
  it('records the payment and queues what send-receipt takes', async () => {
    const ctx = exampleContext();
    expect(await processPayment.run(payment, ctx)).toEqual({
      success: true,
      paymentId: 'pay_1',
      recorded: true,
      receiptJob: 'stripe.evt_1~example~1',
    });
    expect(ctx.enqueued).toEqual([{ job: 'send-receipt', data: payment }]);
    expect(await sendReceipt.schema?.['~standard'].validate(ctx.enqueued[0]?.data)).toEqual({
      value: payment,
    });
    expect(await readdir(join(dataDir, 'ledger'))).toEqual(['pay_1.json']);
  });

  it('comes to the same when it is tried again', async () => {
    const ctx = exampleContext();
    const first = await processPayment.run(payment, ctx);
    expect(await processPayment.run(payment, ctx.nextAttempt())).toEqual(first);
  });

  it('queues no receipt without an address', async () => {
    const ctx = exampleContext();
    const { email: _, ...anonymous } = payment;
    expect(await processPayment.run(anonymous, ctx)).toMatchObject({ success: true, receiptJob: null });
    expect(ctx.enqueued).toEqual([]);
  });

  it.each([
    { ...payment, paymentId: '../../etc/passwd' },
    { ...payment, amount: 10.5 },
    { ...payment, amount: -1 },
    { ...payment, currency: 'dollars' },
    { ...payment, email: 'nobody' },
    { paymentId: 'pay_1' },
  ])('has a schema that refuses %j', async (data) => {
    const outcome = await processPayment.schema?.['~standard'].validate(data);
    expect(outcome?.issues).toHaveLength('amount' in data ? 1 : 2);
  });
});

describe('the ledger', () => {
  it('records a payment once, however many record it at the same time', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => recordPayment(payment)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await readdir(join(dataDir, 'ledger'))).toEqual(['pay_1.json']);
  });

  it('refuses another amount under the same id', async () => {
    await recordPayment(payment);
    await expect(recordPayment({ ...payment, amount: 1 })).rejects.toThrow(NonRetryableError);
  });
});

describe('sync-crm', () => {
  async function crmServer(has: Set<string>, missingAnswer?: string) {
    const server = await startHttpServer(({ method, path, body }) => {
      if (method === 'PUT') {
        has.add(path.slice('/payments/'.length));
        return { status: 204 };
      }
      const { paymentIds } = body as { paymentIds: string[] };
      const missing = [...paymentIds.filter((id) => !has.has(id)), '../outside'];
      return { status: 200, body: missingAnswer ?? JSON.stringify({ missing }) };
    });
    close = server.close;
    configureIntegrations({ dataDir, mailFrom, crmUrl: server.url });
    return server;
  }

  it('sends what the CRM is missing, and nothing the next time', async () => {
    for (const paymentId of ['pay_1', 'pay_2', 'pay_3']) await recordPayment({ ...payment, paymentId });
    const has = new Set(['pay_2']);
    const server = await crmServer(has);
    const ctx = exampleContext();
    expect(await syncCrm.run(undefined, ctx)).toEqual({ synced: true, checked: 3, sent: 2 });
    expect(ctx.progressed).toEqual([{ checked: 3, of: 3, sent: 2 }]);
    expect([...has].toSorted()).toEqual(['pay_1', 'pay_2', 'pay_3']);
    expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    expect(await syncCrm.run(undefined, exampleContext())).toEqual({ synced: true, checked: 3, sent: 0 });
  });

  it('has nothing to ask with an empty ledger', async () => {
    const server = await crmServer(new Set());
    expect(await syncCrm.run(undefined, exampleContext())).toEqual({ synced: true, checked: 0, sent: 0 });
    expect(server.requests).toEqual([]);
  });

  it.each(['<html>', '{}', '{"missing":"all"}'])('gives up on the answer %s', async (answer) => {
    await recordPayment(payment);
    await crmServer(new Set(), answer);
    await expect(syncCrm.run(undefined, exampleContext())).rejects.toThrow(NonRetryableError);
  });

  it('says why it did nothing without CRM_URL', async () => {
    expect(await syncCrm.run(undefined, exampleContext())).toEqual({
      synced: false,
      reason: 'CRM_URL is not set',
    });
  });

  it('runs every full hour, UTC', () => {
    expect(syncCrmSchedule).toEqual({ name: 'sync-crm', cron: '0 * * * *', timezone: 'UTC', job: syncCrm });
    expect(isName(syncCrmSchedule.name)).toBe(true);
  });
});
