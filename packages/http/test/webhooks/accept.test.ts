import { afterEach, describe, expect, it } from '@jest/globals';
import { bodyHash } from '@hookline/core';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { NOW, rawHead, rawPost, signed, sourceOf, startReceiver, stopAll } from './harness.ts';

const stripe = sourceOf('stripe');
const github = sourceOf('github');
const slack = sourceOf('slack');
const sources = [stripe, github, slack];
const event = (id: string, type = 'invoice.paid') => JSON.stringify({ id, type, object: 'event' });

afterEach(stopAll);

describe('a webhook whose signature holds', () => {
  it('is kept, answered with its id, and a second copy of it is a duplicate', async () => {
    const { server, memory } = await startReceiver({ sources });
    const body = event('evt_1');
    const post = () => request(server).post('/webhooks/stripe').set(signed(stripe, body)).send(body);
    const first = await post();
    expect([first.status, first.body]).toEqual([
      200,
      { received: true, id: 'stripe.evt_1', duplicate: false },
    ]);
    expect(first.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(first.headers).not.toHaveProperty('x-powered-by');
    const second = await post();
    expect([second.status, second.body]).toEqual([
      200,
      { received: true, id: 'stripe.evt_1', duplicate: true },
    ]);
    expect(memory.events).toHaveLength(1);
    expect(memory.events[0]).toMatchObject({
      id: 'stripe.evt_1',
      source: 'stripe',
      provider: 'stripe',
      providerId: 'evt_1',
      type: 'invoice.paid',
      receivedAt: NOW,
      verifiedAt: NOW,
      body: Buffer.from(body),
      sha256: bodyHash(Buffer.from(body)),
      bodyTrusted: true,
    });
  });

  it('is kept with its exact bytes, whatever they are', async () => {
    const { memory, wire } = await startReceiver({ sources });
    const line = wire();
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const body = Buffer.from(bytes);
        const headers = { ...signed(github, body), 'x-github-delivery': `d-${sent}` };
        line.send(rawPost('/webhooks/github', headers, body));
        sent += 1;
        expect(await line.answers(sent)).toEqual(Array.from({ length: sent }, () => 200));
        const kept = memory.events.at(-1);
        expect(kept?.id).toBe(`github.d-${sent - 1}`);
        expect(kept?.body).toEqual(body);
        expect(kept?.sha256).toBe(bodyHash(body));
      }),
      { numRuns: 40, examples: [[new Uint8Array()], [Uint8Array.of(0xff, 0xfe, 0x00, 0xc3)]] },
    );
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d])],
    ['nothing', Buffer.alloc(0)],
    ['text that is no JSON', Buffer.from('hello <b>there</b>')],
    ['JSON that is no event', Buffer.from('[1, 2, null]')],
  ])('is kept though it is %s: its id is its hash, its type unknown', async (_what, body) => {
    const { memory, wire } = await startReceiver({ sources });
    const line = wire().send(rawPost('/webhooks/stripe', signed(stripe, body), body));
    expect(await line.answers(1)).toEqual([200]);
    const id = `stripe.body-${bodyHash(body)}`;
    expect(line.text).toContain(JSON.stringify({ received: true, id, duplicate: false }));
    expect(memory.events).toMatchObject([
      { id, type: 'unknown', providerId: `body-${bodyHash(body)}`, body },
    ]);
  });

  it('is what it says behind a byte order mark, and kept with it', async () => {
    const { server, memory } = await startReceiver({ sources });
    const body = Buffer.from(`\ufeff${event('evt_bom')}`);
    await request(server)
      .post('/webhooks/stripe')
      .set(signed(stripe, body))
      .send(body.toString('utf8'))
      .expect(200);
    expect(memory.events).toMatchObject([{ id: 'stripe.evt_bom', type: 'invoice.paid', body }]);
  });

  it('is kept with the type unknown when it has an id but no type that we can read', async () => {
    const { server, memory } = await startReceiver({ sources });
    const body = JSON.stringify({ id: 'evt_2' });
    await request(server).post('/webhooks/stripe').set(signed(stripe, body)).send(body).expect(200);
    expect(memory.events).toMatchObject([{ id: 'stripe.evt_2', type: 'unknown' }]);
  });

  it('is read from one-byte chunks', async () => {
    const { memory, wire } = await startReceiver({ sources });
    const body = Buffer.from(event('evt_3'));
    const line = wire().send(
      rawHead('POST', '/webhooks/stripe', { ...signed(stripe, body), 'transfer-encoding': 'chunked' }),
    );
    for (const byte of body)
      await new Promise((sent) => line.socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]), sent));
    line.send('0\r\n\r\n');
    expect(await line.answers(1)).toEqual([200]);
    expect(memory.events[0]?.body).toEqual(body);
    expect(memory.events[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('is left compressed: the signature is over the bytes as they were sent', async () => {
    const { memory, wire } = await startReceiver({ sources });
    const body = gzipSync(event('evt_4'));
    const headers = { ...signed(stripe, body), 'content-encoding': 'gzip' };
    const line = wire().send(rawPost('/webhooks/stripe', headers, body));
    expect(await line.answers(1)).toEqual([200]);
    expect(memory.events[0]?.body).toEqual(body);
    expect(memory.events[0]?.headers['content-encoding']).toBe('gzip');
  });

  it('is kept with its headers in lower case, without credentials and what is for the connection only', async () => {
    const { memory, wire } = await startReceiver({ sources });
    const body = event('evt_5');
    const line = wire().send(
      rawPost(
        '/webhooks/stripe',
        {
          ...signed(stripe, body),
          'X-Custom-Header': 'Kept As It Is',
          'User-Agent': 'Stripe/1.0',
          Authorization: 'Basic b3duZXI6aHVudGVyMg==',
          Cookie: 'session=hunter2',
          'Proxy-Authorization': 'Basic cHJveHk6aHVudGVyMg==',
          TE: 'trailers',
          'Keep-Alive': 'timeout=5',
          Connection: 'keep-alive, X-Hop',
          'X-Hop': 'for the next one only',
        },
        body,
      ),
    );
    expect(await line.answers(1)).toEqual([200]);
    const { headers = {} } = memory.events[0] ?? {};
    expect(Object.keys(headers).toSorted()).toEqual([
      'content-length',
      'content-type',
      'host',
      'stripe-signature',
      'user-agent',
      'x-custom-header',
    ]);
    expect(headers['x-custom-header']).toBe('Kept As It Is');
  });

  it('is verified with a body as large as the limit', async () => {
    const body = Buffer.alloc(200_000, 'x');
    const { memory, wire } = await startReceiver({
      sources,
      bodyLimit: body.length,
      bytesInFlight: body.length,
    });
    const line = wire().send(rawPost('/webhooks/stripe', signed(stripe, body), body));
    expect(await line.answers(1)).toEqual([200]);
    expect(memory.events[0]?.body.equals(body)).toBe(true);
  });

  it.each(['/webhooks/stripe/', '/webhooks/stripe?a=b', '/webhooks/stripe/?a=/webhooks/github'])(
    'reaches its source at %s too',
    async (path) => {
      const { memory, wire } = await startReceiver({ sources });
      const body = event('evt_6');
      expect(
        await wire()
          .send(rawPost(path, signed(stripe, body), body))
          .answers(1),
      ).toEqual([200]);
      expect(memory.events[0]?.source).toBe('stripe');
    },
  );

  it('has the priority of its type, or none', async () => {
    const asked: string[] = [];
    const urgent = sourceOf('stripe', {
      priorityOf(type: string) {
        asked.push(type);
        return type === 'invoice.paid' ? 3 : undefined;
      },
    });
    const { server, memory } = await startReceiver({ sources: [urgent] });
    for (const body of [event('evt_7'), event('evt_8', 'charge.refunded'), 'no event'])
      await request(server).post('/webhooks/stripe').set(signed(urgent, body)).send(body).expect(200);
    expect(asked).toEqual(['invoice.paid', 'charge.refunded', 'unknown']);
    expect(memory.events.map(({ priority }) => priority)).toEqual([3, undefined, undefined]);
    expect(memory.events[1]).not.toHaveProperty('priority');
  });
});

describe("Slack's url_verification", () => {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'abc-123', token: 'old' });

  it('gets its challenge back once its signature holds, and is no event', async () => {
    const { server, memory } = await startReceiver({ sources });
    const answer = await request(server).post('/webhooks/slack').set(signed(slack, body)).send(body);
    expect([answer.status, answer.text]).toEqual([200, 'abc-123']);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(memory.calls).toBe(0);
  });

  it.each([
    ['unsigned', {}],
    ['signed with another secret', signed(sourceOf('slack', { secrets: () => ['another'] }), body)],
  ])('is refused %s', async (_how, headers) => {
    const { server, memory } = await startReceiver({ sources });
    const answer = await request(server)
      .post('/webhooks/slack')
      .set({ 'content-type': 'application/json', ...headers })
      .send(body);
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain('abc-123');
    expect(memory.calls).toBe(0);
  });
});
