import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcceptResult, EventId, EventStore, Provider } from '@hookline/core';
import request from 'supertest';
import { providerNamed, signed, sourceOf, startReceiver, stopAll, until } from './harness.ts';

const stripe = sourceOf('stripe');
const sources = [stripe];
const event = (id: string) => JSON.stringify({ id, type: 'invoice.paid' });
const rejections: unknown[] = [];
const remember = (reason: unknown) => rejections.push(reason);

beforeEach(() => void process.on('unhandledRejection', remember));
afterEach(async () => {
  await stopAll();
  process.off('unhandledRejection', remember);
  expect(rejections.splice(0)).toEqual([]);
});

async function post(receiver: Awaited<ReturnType<typeof startReceiver>>, body = event('evt_1')) {
  const answer = await request(receiver.server).post('/webhooks/stripe').set(signed(stripe, body)).send(body);
  return { ...answer, status: answer.status, body: answer.body as unknown };
}

const UNAVAILABLE = {
  status: 503,
  body: { status: 503, error: 'unavailable' },
  headers: { 'retry-after': '2', 'content-type': 'application/problem+json; charset=utf-8' },
};

describe('a store that cannot keep the event', () => {
  it('is answered with 503 and a time to come again; then the same event is taken', async () => {
    const receiver = await startReceiver({ sources });
    receiver.memory.state = 'down';
    expect(await post(receiver)).toMatchObject(UNAVAILABLE);
    expect(receiver.log.lines).toMatchObject([
      { level: 'error', fields: { event: 'stripe.evt_1', reason: 'the store is down' } },
    ]);
    receiver.memory.state = 'up';
    expect(await post(receiver)).toMatchObject({ status: 200, body: { received: true, duplicate: false } });
  });

  it('is not waited for: 503 within 500 ms, and what it says later changes nothing', async () => {
    const receiver = await startReceiver({ sources });
    receiver.memory.state = 'hung';
    const answer = await post(receiver);
    expect(answer).toMatchObject(UNAVAILABLE);
    const [, deadline] = /within (\d+) ms/.exec(String(receiver.log.lines[0]?.fields['reason'])) ?? [];
    expect(Number(deadline)).toBeLessThan(500);
    const told = receiver.log.lines.length;
    receiver.memory.state = 'up';
    await until('the late acceptance', () => receiver.memory.events.length === 1);
    await new Promise(setImmediate);
    expect(receiver.log.lines).toHaveLength(told);
    expect(receiver.log.lines.map(({ message }) => message)).not.toContain('accepted');
    expect(await post(receiver)).toMatchObject({ status: 200, body: { duplicate: true } });
  });

  it('may break off after that, and nothing breaks', async () => {
    let breakOff: (error: Error) => void = () => undefined;
    const store: EventStore = {
      accept: () => new Promise<AcceptResult>((_resolve, reject) => (breakOff = reject)),
    };
    const receiver = await startReceiver({ sources, store });
    expect(await post(receiver)).toMatchObject(UNAVAILABLE);
    breakOff(new Error('connection lost'));
    await new Promise(setImmediate);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('promise broken'))],
    [
      'throws',
      () => {
        throw new Error('promise broken');
      },
    ],
  ])('is never a 2xx, even when it %s, which it promised never to', async (_what, accept) => {
    const receiver = await startReceiver({ sources, store: { accept } });
    expect(await post(receiver)).toMatchObject(UNAVAILABLE);
    expect(receiver.log.lines).toMatchObject([
      { level: 'error', message: 'a webhook could not be answered', fields: { source: 'stripe' } },
    ]);
    expect(receiver.log.lines[0]?.fields['error']).toContain('promise broken');
  });

  it('is not a flood of lines in the log', async () => {
    const receiver = await startReceiver({ sources });
    receiver.memory.state = 'down';
    for (let count = 0; count < 25; count += 1) await post(receiver, event(`evt_${count}`));
    expect(receiver.log.lines).toHaveLength(20);
  });

  it('is in the log even while strangers flood it with refusals', async () => {
    const receiver = await startReceiver({ sources });
    receiver.memory.state = 'down';
    for (let count = 0; count < 25; count += 1)
      await fetch(`${receiver.origin}/webhooks/nobody`, { method: 'POST' });
    await post(receiver, event('evt_1'));
    expect(receiver.log.lines.at(-1)).toMatchObject({ level: 'error', fields: { event: 'stripe.evt_1' } });
  });
});

describe('a provider that breaks', () => {
  const breaking = (part: Partial<Provider>) => {
    const provider = { ...providerNamed('stripe'), ...part };
    return [sourceOf('stripe', { provider })];
  };
  const fail = () => {
    throw new Error('a fault of ours');
  };

  it('while it verifies is 503 and logged, and the store hears nothing', async () => {
    const receiver = await startReceiver({ sources: breaking({ verify: fail }) });
    expect(await post(receiver)).toMatchObject(UNAVAILABLE);
    expect(receiver.memory.calls).toBe(0);
    expect(receiver.log.lines).toMatchObject([{ level: 'error', fields: { source: 'stripe' } }]);
  });

  it('while it hands out its secrets is 503', async () => {
    const receiver = await startReceiver({ sources: [sourceOf('stripe', { secrets: fail })] });
    expect(await post(receiver)).toMatchObject(UNAVAILABLE);
    expect(receiver.memory.calls).toBe(0);
  });

  it.each(['split', 'handshake'] as const)(
    'in its %s, after the signature held, costs no event',
    async (part) => {
      const receiver = await startReceiver({ sources: breaking({ [part]: fail }) });
      expect(await post(receiver)).toMatchObject({ status: 200, body: { received: true } });
      expect(receiver.memory.events).toHaveLength(1);
      expect(receiver.log.lines[0]).toMatchObject({ level: 'error', fields: { source: 'stripe' } });
    },
  );

  it('gives no id is one event for each body', async () => {
    const receiver = await startReceiver({
      sources: breaking({
        split: ({ body }) => [{ deliveryId: '', type: '', body, bodyTrusted: true, repeats: false }],
      }),
    });
    for (const body of [event('evt_1'), event('evt_2'), event('evt_2')]) await post(receiver, body);
    expect(receiver.memory.events).toMatchObject([{ type: 'unknown' }, { type: 'unknown' }]);
  });
});

describe('a GET', () => {
  it("is the provider's to answer as a handshake; without one it is 405", async () => {
    const provider: Provider = {
      ...providerNamed('stripe'),
      handshake: ({ method, url }) =>
        method === 'GET' && url.endsWith('?greet=1')
          ? {
              kind: 'respond',
              response: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'hello' },
            }
          : undefined,
    };
    const { server, memory } = await startReceiver({ sources: [sourceOf('stripe', { provider })] });
    const answer = await request(server).get('/webhooks/stripe?greet=1').expect(200);
    expect(answer.text).toBe('hello');
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await request(server).get('/webhooks/stripe').expect(405);
    expect(memory.calls).toBe(0);
  });
});

describe('a source whose public address is known', () => {
  it('gives that to its provider, with the query that was asked for', async () => {
    const urls: string[] = [];
    const provider: Provider = {
      ...providerNamed('stripe'),
      verify({ url }) {
        urls.push(url);
        return { ok: false, reason: 'malformed' };
      },
    };
    const source = sourceOf('stripe', { provider, url: 'https://shop.test/hooks?old=1' });
    const { server } = await startReceiver({ sources: [source] });
    for (const path of ['/webhooks/stripe', '/webhooks/stripe?a=b'])
      await request(server).post(path).send('x').expect(401);
    expect(urls).toEqual(['https://shop.test/hooks?old=1', 'https://shop.test/hooks?a=b']);
  });
});

describe('a header that is the secret itself', () => {
  it('is not kept', async () => {
    const provider: Provider = { ...providerNamed('stripe'), verify: () => ({ ok: true }) };
    const source = sourceOf('stripe', { provider, secrets: () => ['tell nobody'] });
    const { server, memory } = await startReceiver({ sources: [source] });
    const headers = { 'x-token': 'tell nobody', 'x-other': 'kept' };
    await request(server).post('/webhooks/stripe').set(headers).send('x').expect(200);
    expect(memory.events[0]?.id satisfies EventId | undefined).toMatch(/^stripe\.body-/);
    expect(memory.events[0]?.headers).toMatchObject({ 'x-other': 'kept' });
    expect(memory.events[0]?.headers).not.toHaveProperty('x-token');
  });
});
