import { describe, expect, it } from '@jest/globals';
import { parsePayload, providers } from '../src/index.ts';

const FORM = 'application/x-www-form-urlencoded';

function request(body: string | Buffer | object, headers: Record<string, string> = {}) {
  const bytes = Buffer.isBuffer(body) ? body : typeof body === 'string' ? Buffer.from(body) : undefined;
  return { method: 'POST', url: '/', headers, body: bytes ?? Buffer.from(JSON.stringify(body)) };
}

const identify = (name: string, ...parts: Parameters<typeof request>) =>
  providers.get(name)?.identify(request(...parts));

describe('identify', () => {
  it('reads Stripe from the body, thin events too', () => {
    expect(identify('stripe', { id: 'evt_1', object: 'event', type: 'invoice.paid' })).toEqual({
      deliveryId: 'evt_1',
      type: 'invoice.paid',
    });
    expect(
      identify('stripe', { id: 'evt_test_2', object: 'v2.core.event', type: 'v2.core.account.updated' }),
    ).toEqual({ deliveryId: 'evt_test_2', type: 'v2.core.account.updated' });
  });

  it('reads GitHub from headers and the action', () => {
    const headers = { 'x-github-delivery': 'd-1', 'x-github-event': 'issues' };
    expect(identify('github', { action: 'opened' }, headers)).toEqual({
      deliveryId: 'd-1',
      type: 'issues.opened',
    });
    expect(identify('github', { zen: 'x' }, { ...headers, 'x-github-event': 'ping' })?.type).toBe('ping');
    const form = `payload=${encodeURIComponent('{"action":"closed"}')}`;
    expect(identify('github', form, { ...headers, 'content-type': FORM })?.type).toBe('issues.closed');
  });

  it("prefers Shopify's event id to its delivery's, and adds what makes it one event's", () => {
    const headers = { 'x-shopify-topic': 'orders/create', 'x-shopify-webhook-id': 'w' };
    expect(identify('shopify', {}, headers)).toEqual({
      deliveryId: expect.stringMatching(/^w::orders\/create:[\w-]{22}$/),
      type: 'orders/create',
    });
    const named = { ...headers, 'x-shopify-event-id': 'e', 'x-shopify-shop-domain': 'a' };
    expect(identify('shopify', {}, named)?.deliveryId).toMatch(/^e:a:orders\/create:/);
  });

  it("reads Slack's inner type, or the outer one where there is no event", () => {
    const callback = { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } };
    expect(identify('slack', callback)).toEqual({ deliveryId: 'Ev1', type: 'app_mention' });
    expect(identify('slack', { type: 'url_verification', challenge: 'x' })).toEqual({
      type: 'url_verification',
    });
    const form = `payload=${encodeURIComponent('{"type":"block_actions"}')}`;
    expect(identify('slack', form, { 'content-type': FORM })).toEqual({ type: 'block_actions' });
  });

  it('takes the message id that was signed, never the one that was not', () => {
    const provider = providers.get('svix');
    const secret = 'whsec_QUJD';
    const { body } = request({ type: 'a' });
    const signed = Object.entries(provider?.sign(body, [secret], 0, { deliveryId: 'msg_1' }) ?? {});
    const renamed = Object.fromEntries(
      signed.map(([name, value]) => [name.replace('svix', 'webhook'), value]),
    );
    const replayed = { ...renamed, 'svix-id': 'msg_fresh', 'svix-timestamp': '0' };
    expect(provider?.verify({ method: 'POST', url: '/', headers: replayed, body }, [secret], 0)).toEqual({
      ok: true,
    });
    expect(identify('svix', body, replayed)).toEqual({ deliveryId: 'msg_1', type: 'a' });
    expect(identify('svix', body, Object.fromEntries(signed))).toEqual({ deliveryId: 'msg_1', type: 'a' });
  });

  it.each([
    ['nothing', ''],
    ['text', 'Hello'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['inherited names', '{"__proto__":{"id":"x","type":"y"}}'],
    ['other types', '{"id":{"a":1},"type":["x"]}'],
    ['empty and endless names', JSON.stringify({ id: '', type: 'x'.repeat(201) })],
    ['names for terminals', '{"type":"\\u001b[31m"}'],
    ['100 000 levels', '[{"id":'.repeat(100_000)],
    ['100 000 levels, closed', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['not UTF-8', Buffer.from('{"id":"\xff","type":"\xfe"}', 'latin1')],
  ])('finds nothing in %s', (_, body) => {
    for (const name of ['stripe', 'slack', 'github', 'standard-webhooks'])
      expect(identify(name, body)).toEqual({});
  });
});

describe('parsePayload', () => {
  it('reads JSON whatever the content type says, as that is not signed', () => {
    expect(parsePayload('stripe', { 'content-type': FORM }, Buffer.from('{"a":1}'))).toEqual({ a: 1 });
    expect(parsePayload('acme', {}, Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  });

  it('reads forms of providers that send them', () => {
    const headers = { 'content-type': `${FORM}; charset=utf-8` };
    const form = Buffer.from(`payload=${encodeURIComponent('{"yo":true}')}`);
    expect(parsePayload('github', headers, form)).toEqual({ yo: true });
    expect(parsePayload('slack', headers, Buffer.from('command=%2Fmill&text=on'))).toEqual({
      command: '/mill',
      text: 'on',
    });
    expect(parsePayload('github', {}, form)).toBeUndefined();
    expect(parsePayload('stripe', headers, form)).toBeUndefined();
  });
});

describe("Slack's handshake", () => {
  const handshake = (body: object) => {
    const found = providers.get('slack')?.handshake(request(body), [], 'verified');
    return found?.kind === 'respond' ? found.response : undefined;
  };

  it('gives the challenge back as plain text', () =>
    expect(handshake({ type: 'url_verification', challenge: '3eZbrw1a.B-c_' })).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
      body: '3eZbrw1a.B-c_',
    }));

  it.each(['', '<script>', 'a b', 'a\n', 'é', 'x'.repeat(513), 1.5, { a: 1 }])(
    'does not repeat %j',
    (challenge) => expect(handshake({ type: 'url_verification', challenge })).toBeUndefined(),
  );

  it('is no answer to an event', () =>
    expect(handshake({ type: 'event_callback', challenge: 'x' })).toBeUndefined());
});
