import { afterEach, describe, expect, it } from '@jest/globals';
import { configureIntegrations } from '../src/settings.ts';
import orderFromPartner from '../src/jobs/order-from-partner.ts';
import { exampleContext } from './example-context.ts';
import { startHttpServer, type Answer, type SeenRequest } from './http-server.ts';

const order = { orderId: 'o-1', items: [{ sku: 'tea', quantity: 2 }] };
const TOKEN = 'T0ken-of_this-job';
const finishUrl = `https://hooks.example/finish/job-1?token=${TOKEN}`;
let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function partner(answer: (request: SeenRequest) => Answer) {
  const server = await startHttpServer(answer);
  close = server.close;
  configure(`${server.url}/orders`);
  return server;
}

function configure(partnerUrl?: string) {
  configureIntegrations({ dataDir: '/nowhere', mailFrom: 'shop@shop.example', partnerUrl });
}

const context = (signal = new AbortController().signal) =>
  exampleContext({ idempotencyKey: 'job-1', finishUrl, signal });

async function failure(run: unknown): Promise<Error> {
  return Promise.resolve(run).then(
    () => {
      throw new Error('expected a failure');
    },
    (error: Error) => error,
  );
}

describe('order-from-partner', () => {
  it('000: is finished by somebody else, within an hour', () => {
    expect(orderFromPartner).toMatchObject({ completion: 'external', timeout: '1h' });
  });

  it('000: sends the order out with its finish URL, under one idempotency key at every attempt', async () => {
    const server = await partner(() => ({ status: 202 }));
    const ctx = context();
    await orderFromPartner.run(order, ctx);
    await orderFromPartner.run(order, ctx.nextAttempt());
    const sent = {
      method: 'POST',
      path: '/orders',
      headers: { 'idempotency-key': 'job-1' },
      body: {
        order,
        finishUrl,
      },
    };
    expect(server.requests).toMatchObject([sent, sent]);
  });

  it('waits as long as the partner asks for', async () => {
    await partner(() => ({ status: 503, headers: { 'retry-after': '9' } }));
    await expect(orderFromPartner.run(order, context())).rejects.toMatchObject({ retryAfter: 9_000 });
  });

  it('takes its request with it when it is aborted', async () => {
    const server = await partner(() => 'silence');
    const stop = new AbortController();
    const failed = failure(orderFromPartner.run(order, context(stop.signal)));
    const request = await server.nextRequest();
    stop.abort(new Error('this job was cancelled'));
    expect((await failed).message).toBe('this job was cancelled');
    await request?.closed;
  });

  it('keeps its token out of errors and logs, even when the partner echoes it', async () => {
    await partner(({ body }) => ({ status: 400, body: `no such order: ${JSON.stringify(body)}` }));
    const ctx = context();
    const error = await failure(orderFromPartner.run(order, ctx));
    expect(error.message).toContain('the partner answered 400: no such order: {"order":{"orderId":"o-1"');
    expect(error.message).toContain('token=[secret]');
    expect(`${error.stack} ${ctx.logged.join()}`).not.toContain(TOKEN);
  });

  it('000: without a partner says which request finishes it, and nothing secret', async () => {
    configure();
    const ctx = context();
    await orderFromPartner.run(order, ctx);
    expect(ctx.logged).toEqual([
      'PARTNER_URL is not set: finish this job yourself, with the API_KEY {"finish":"POST /finish/job-1"}',
    ]);
  });
});
