import { afterEach, describe, expect, it } from '@jest/globals';
import { NO_METER, type AcceptResult, type EventId, type EventStore, type Meter } from '@hookline/core';
import request from 'supertest';
import { signed, sourceOf, startReceiver, stopAll, type StartOptions } from './harness.ts';

afterEach(stopAll);

const stripe = sourceOf('stripe');
const slack = sourceOf('slack');
const body = (id = 'evt_1') => JSON.stringify({ id, type: 'invoice.paid' });

async function start(options: StartOptions = {}) {
  const counts: Record<string, number> = {};
  const times: number[] = [];
  const meter: Meter = {
    ...NO_METER,
    counter:
      ({ name }) =>
      ({ source, outcome } = {}) => {
        expect(name).toBe('hookline_webhooks_total');
        const key = `${source} ${outcome}`;
        counts[key] = (counts[key] ?? 0) + 1;
      },
    histogram: ({ name, buckets }) => {
      expect([name, buckets.includes(0.5)]).toEqual(['hookline_webhook_answer_seconds', true]);
      return (seconds) => void times.push(seconds);
    },
  };
  const { server } = await startReceiver({ sources: [stripe, slack], meter, ...options });
  const post = (path: string, content = body(), headers = signed(stripe, content)) =>
    request(server).post(path).set(headers).send(content);
  return { post, server, counts, times };
}

function storing(result: (id: EventId) => AcceptResult | Promise<never>): EventStore {
  return { accept: async ({ id }) => result(id) };
}

describe('what webhooks come to', () => {
  it('is counted by source: accepted, duplicate, refused, handshake', async () => {
    const { post, counts } = await start();
    for (const id of ['evt_1', 'evt_2', 'evt_1']) await post('/webhooks/stripe', body(id)).expect(200);
    await post('/webhooks/stripe', body(), { 'stripe-signature': 't=1,v1=00' }).expect(401);
    await post('/webhooks/stripe', 'x'.repeat(100), {}).expect(401);
    const challenge = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
    await post('/webhooks/slack', challenge, signed(slack, challenge)).expect(200);
    expect(counts).toEqual({
      'stripe accepted': 2,
      'stripe duplicate': 1,
      'stripe refused': 2,
      'slack handshake': 1,
    });
  });

  it.each(['spooled', 'unavailable', 'full'] as const)('is counted when the store says %s', async (kind) => {
    const store = storing((id) => (kind === 'spooled' ? { kind, id } : { kind, reason: 'of the test' }));
    const { post, counts } = await start({ store });
    await post('/webhooks/stripe').expect(kind === 'spooled' ? 200 : 503);
    expect(counts).toEqual({ [`stripe ${kind}`]: 1 });
  });

  it('is unavailable when the store breaks', async () => {
    const { post, counts, times } = await start({
      store: storing(() => Promise.reject(new Error('broken'))),
    });
    await post('/webhooks/stripe').expect(503);
    expect(counts).toEqual({ 'stripe unavailable': 1 });
    expect(times).toHaveLength(1);
  });

  it('makes no label of what strangers ask for', async () => {
    const { post, server, counts } = await start({ bodyLimit: 50 });
    for (const name of ['nothing', 'else', '%2e%2e', 'stripe%20'])
      await post(`/webhooks/${name}`).expect(404);
    await request(server).get('/webhooks/stripe').expect(405);
    await post('/webhooks/stripe', 'x'.repeat(60)).expect(413);
    await post('/elsewhere').expect(404);
    expect(counts).toEqual({ '(none) refused': 4, 'stripe refused': 2 });
  });
});

describe('how long answers take', () => {
  it('is measured from the last byte of the body', async () => {
    const { server, times } = await start();
    const content = body();
    const slow = request(server).post('/webhooks/stripe').set(signed(stripe, content));
    slow.set('content-length', String(content.length)).write(content.slice(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    slow.write(content.slice(5));
    expect((await slow).status).toBe(200);
    expect(times).toHaveLength(1);
    expect(times[0]).toBeGreaterThan(0);
    // The body alone took longer.
    expect(times[0]).toBeLessThan(1);
  });
});
