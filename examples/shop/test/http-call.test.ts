import { afterEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, RetryAfterError } from '@hookline/core';
import fc from 'fast-check';
import { httpCall, retryAfterMs } from '../src/integrations/http-call.ts';
import { startHttpServer, type Answer } from './http-server.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function call(answer: Answer, options: { signal?: AbortSignal; timeout?: number } = {}) {
  const server = await startHttpServer(() => answer);
  close = server.close;
  const outcome = httpCall({
    service: 'the CRM',
    method: 'POST',
    url: `${server.url}/hook/T0P-SECRET`,
    token: 'tok_secret',
    headers: { 'idempotency-key': 'key-1' },
    body: { hello: 'world' },
    signal: new AbortController().signal,
    ...options,
  }).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({
      value: undefined,
      error: error instanceof Error ? error : new Error(String(error)),
    }),
  );
  return { server, outcome };
}

describe('httpCall', () => {
  it('sends JSON with the token and the headers, and returns a 2xx body', async () => {
    const { server, outcome } = await call({ status: 201, body: '{"ok":true}' });
    expect((await outcome).value).toBe('{"ok":true}');
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/hook/T0P-SECRET',
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer tok_secret',
          'idempotency-key': 'key-1',
        },
        body: { hello: 'world' },
      },
    ]);
  });

  it.each([400, 401, 404, 410, 422])('gives up on %d', async (status) => {
    const { outcome } = await call({ status, headers: { 'retry-after': '5' }, body: 'no such thing' });
    const { error } = await outcome;
    expect(error).toBeInstanceOf(NonRetryableError);
    expect(error?.message).toBe(`the CRM answered ${status}: no such thing`);
  });

  it('gives up on a redirect instead of following it with the token', async () => {
    const { server, outcome } = await call({ status: 301, headers: { location: '/elsewhere' } });
    expect((await outcome).error).toBeInstanceOf(NonRetryableError);
    expect(server.requests).toHaveLength(1);
  });

  it.each([408, 425, 429, 500, 502, 503])('tries again after %d', async (status) => {
    const { outcome } = await call({ status });
    const { error } = await outcome;
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(NonRetryableError);
    expect(error).not.toBeInstanceOf(RetryAfterError);
  });

  it.each([429, 503])('waits as long as a %d asks for', async (status) => {
    const { outcome } = await call({ status, headers: { 'retry-after': '7' } });
    expect((await outcome).error).toMatchObject({ name: 'RetryAfterError', retryAfter: 7_000 });
  });

  it('waits until the date a 503 names', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { outcome } = await call({ status: 503, headers: { 'retry-after': date } });
    const { error } = await outcome;
    if (!(error instanceof RetryAfterError)) throw new Error('expected a RetryAfterError', { cause: error });
    expect(error.retryAfter).toBeGreaterThan(30_000);
    expect(error.retryAfter).toBeLessThanOrEqual(60_000);
  });

  it('takes its request with it when the run is aborted', async () => {
    const stop = new AbortController();
    const { server, outcome } = await call('silence', { signal: stop.signal });
    const request = await server.nextRequest();
    stop.abort(new Error('the worker is shutting down'));
    expect((await outcome).error?.message).toBe('the worker is shutting down');
    await request?.closed;
  });

  it('does not wait for a silent server longer than its timeout', async () => {
    const { outcome } = await call('silence', { timeout: 50 });
    const { error } = await outcome;
    expect(error).not.toBeInstanceOf(NonRetryableError);
    expect(error?.message).toBe('the CRM did not answer within 50 ms');
  });

  it('tries again after a broken connection', async () => {
    const { outcome } = await call('hang up');
    const { error } = await outcome;
    expect(error).not.toBeInstanceOf(NonRetryableError);
    expect(error?.message).toBe('the CRM cannot be reached: UND_ERR_SOCKET');
  });

  it('bounds a long refusal and takes the secrets out of it', async () => {
    const server = await startHttpServer(({ headers, path }) => ({
      status: 400,
      body: `bad ${headers.authorization} at http://${headers.host}${path} ${'x'.repeat(5_000)}`,
    }));
    close = server.close;
    const url = `${server.url}/hook/T0P-SECRET`;
    const signal = new AbortController().signal;
    const refused = httpCall({
      service: 'the CRM',
      method: 'POST',
      url,
      token: 'tok_secret',
      body: {},
      signal,
    });
    const { message } = (await refused.catch((error: Error) => error)) as Error;
    expect(message).toContain('the CRM answered 400: bad Bearer [token] at [url]');
    expect(message).not.toMatch(/tok_secret|T0P-SECRET/);
    expect(message.length).toBeLessThan(400);
  });

  it('keeps a URL it cannot use out of the error', async () => {
    const signal = new AbortController().signal;
    const failed = httpCall({ service: 'Slack', method: 'POST', url: 'T0P-SECRET', body: {}, signal });
    const error = (await failed.catch((thrown: Error) => thrown)) as Error;
    expect(error.message).toBe('Slack cannot be reached: ERR_INVALID_URL');
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain('T0P-SECRET');
  });
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const DAY = 86_400_000;

  it('reads whole seconds', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(retryAfterMs(String(seconds), now)).toBe(seconds * 1_000);
      }),
    );
  });

  it('reads an HTTP date, a past one as now', () => {
    fc.assert(
      fc.property(fc.integer({ min: -DAY, max: DAY }), (offset) => {
        const date = new Date(now + offset).toUTCString();
        const exact = Math.floor((now + offset) / 1_000) * 1_000 - now;
        expect(retryAfterMs(date, now)).toBe(Math.max(0, exact));
      }),
    );
  });

  it.each([null, '', 'soon', '-5', '1.5', '5s', '9'.repeat(400), '2026-11-22', 'Sun Nov 22 12:00:00 2026'])(
    'makes nothing of %p',
    (header) => {
      expect(retryAfterMs(header, now)).toBeUndefined();
    },
  );
});
