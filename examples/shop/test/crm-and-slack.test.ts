import { afterEach, describe, expect, it } from '@jest/globals';
import notifySlack from '../src/handlers/notify-slack.ts';
import updateCrm from '../src/handlers/update-crm.ts';
import { configureIntegrations, type IntegrationSettings } from '../src/settings.ts';
import { exampleContext, paidEvent } from './example-context.ts';
import { startHttpServer, type Answer } from './http-server.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

function configure(settings: Partial<IntegrationSettings>) {
  configureIntegrations({ dataDir: '/nowhere', mailFrom: 'shop@shop.example', ...settings });
}

async function serve(answer: Answer | (() => Answer)) {
  const server = await startHttpServer(typeof answer === 'function' ? answer : () => answer);
  close = server.close;
  return server;
}

describe('update-crm', () => {
  it('stores the payment, with the same idempotency key at each attempt', async () => {
    const server = await serve({ status: 204 });
    configure({ crmUrl: `${server.url}/api/`, crmToken: 'tok' });
    const ctx = exampleContext({ idempotencyKey: 'key-1' });
    expect(await updateCrm.run(paidEvent({}), ctx)).toEqual({ updated: 'pi_1' });
    await updateCrm.run(paidEvent({}), ctx.nextAttempt());

    const expected = {
      method: 'PUT',
      path: '/api/payments/pi_1',
      headers: { authorization: 'Bearer tok', 'idempotency-key': 'key-1.pi_1' },
      body: { paymentId: 'pi_1', amount: 1050, currency: 'usd', email: 'payer@example.com' },
    };
    expect(server.requests).toMatchObject([expected, expected]);
  });

  it('waits as long as the CRM asks for', async () => {
    const server = await serve({ status: 429, headers: { 'retry-after': '12' } });
    configure({ crmUrl: server.url });
    await expect(updateCrm.run(paidEvent({}), exampleContext())).rejects.toMatchObject({
      name: 'RetryAfterError',
      retryAfter: 12_000,
    });
  });

  it('does nothing without CRM_URL, and says so once', async () => {
    configure({});
    const [first, second] = [exampleContext(), exampleContext()];
    expect(await updateCrm.run(paidEvent({}), first)).toEqual({ skipped: 'CRM_URL is not set' });
    expect(await updateCrm.run(paidEvent({}), second)).toEqual({ skipped: 'CRM_URL is not set' });
    expect([...first.logged, ...second.logged]).toEqual([
      'CRM_URL is not set: this integration does nothing',
    ]);
  });
});

describe('notify-slack', () => {
  it('posts once, even when a later attempt runs', async () => {
    const server = await serve({ status: 200, body: 'ok' });
    configure({ slackWebhookUrl: `${server.url}/services/T0P` });
    const ctx = exampleContext();
    expect(await notifySlack.run(paidEvent({ amount: 500, currency: 'jpy' }), ctx)).toEqual({
      notified: true,
    });
    expect(await notifySlack.run(paidEvent({ amount: 500, currency: 'jpy' }), ctx.nextAttempt())).toEqual({
      notified: true,
    });
    expect(server.requests).toMatchObject([
      { path: '/services/T0P', body: { text: 'Payment of ¥500 received (pi_1)' } },
    ]);
  });

  it('posts again after a failed attempt', async () => {
    let answers = 0;
    const server = await serve(() => ({ status: (answers += 1) === 1 ? 500 : 200 }));
    configure({ slackWebhookUrl: `${server.url}/services/T0P` });
    const ctx = exampleContext();
    await expect(notifySlack.run(paidEvent({}), ctx)).rejects.toThrow('Slack answered 500');
    expect(await notifySlack.run(paidEvent({}), ctx.nextAttempt())).toEqual({ notified: true });
    expect(server.requests).toHaveLength(2);
  });

  it('keeps the webhook URL out of errors and logs', async () => {
    const server = await serve({ status: 403, body: 'invalid_token' });
    const secretUrl = `${server.url}/services/T0P-SECRET`;
    configure({ slackWebhookUrl: secretUrl });
    const ctx = exampleContext();
    const error = await Promise.resolve(notifySlack.run(paidEvent({}), ctx)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'NonRetryableError', message: 'Slack answered 403: invalid_token' });
    expect(`${String((error as Error).stack)} ${ctx.logged.join()}`).not.toContain('T0P-SECRET');
  });

  it('does nothing without SLACK_WEBHOOK_URL', async () => {
    configure({});
    expect(await notifySlack.run(paidEvent({}), exampleContext())).toEqual({
      skipped: 'SLACK_WEBHOOK_URL is not set',
    });
  });
});
