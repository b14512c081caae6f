import { afterEach, describe, expect, it } from '@jest/globals';
import type { RefusedRequest } from '@hookline/core';
import fc from 'fast-check';
import request from 'supertest';
import { excerptOf, RefusalSample, shownHeaders } from '../../src/webhooks/refusal-sample.ts';
import { NOW, signed, sourceOf, startReceiver, stopAll } from './harness.ts';

const stripe = sourceOf('stripe');
const stranger = sourceOf('stripe', { secrets: () => ['whsec_of_somebody_else'] });
const body = JSON.stringify({ id: 'evt_1', type: 'invoice.paid' });

afterEach(stopAll);

describe('what is refused', () => {
  it('is kept for a closer look: from where, why, how it began, and nothing that signs', async () => {
    const refusals = new RefusalSample();
    const { server } = await startReceiver({ sources: [stripe], refusals });
    await request(server)
      .post('/webhooks/stripe')
      .set({ ...signed(stranger, body), authorization: 'Bearer hush', 'user-agent': 'Stripe/1.0' })
      .send(body);
    await request(server).post('/webhooks/strip').send('x');
    await request(server).delete('/webhooks/stripe');
    await request(server).post('/webhooks/stripe').send('x'.repeat(30_000));
    const taken = refusals.take();
    expect(taken).toMatchObject([
      {
        at: NOW,
        source: 'stripe',
        provider: 'stripe',
        status: 401,
        reason: 'mismatch',
        likely: expect.stringMatching(/another|none of those/),
        headers: { 'user-agent': 'Stripe/1.0', 'stripe-signature': '[hidden]', authorization: '[hidden]' },
        excerpt: Buffer.from(body),
        bytes: body.length,
        suppressed: 0,
        peer: '127.0.0.1',
      },
      { source: 'strip', status: 404, reason: 'unknown_source', likely: "the source 'stripe' was meant" },
      { source: 'stripe', status: 405, reason: 'method_not_allowed' },
      { source: 'stripe', status: 401, reason: 'missing', bytes: 0 },
    ]);
    expect(JSON.stringify(taken)).not.toMatch(/hush|v1=/);
    expect(refusals.take()).toEqual([]);
  });

  it('is not what was accepted', async () => {
    const refusals = new RefusalSample();
    const { server } = await startReceiver({ sources: [stripe], refusals });
    await request(server).post('/webhooks/stripe').set(signed(stripe, body)).send(body).expect(200);
    expect(refusals.take()).toEqual([]);
  });
});

const refused = (at: number): RefusedRequest => ({
  at,
  source: 'stripe',
  provider: 'stripe',
  status: 401,
  reason: 'mismatch',
  likely: undefined,
  headers: {},
  excerpt: Buffer.alloc(0),
  bytes: 0,
  suppressed: 0,
  peer: undefined,
});

describe('a flood of refusals', () => {
  it('is a sample of each kind and the exact number of all', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 3_000 }), (kinds) => {
        const sample = new RefusalSample();
        let described = 0;
        for (const [at, kind] of kinds.entries())
          sample.note(`source ${kind}`, () => {
            described += 1;
            return { ...refused(at), source: `source ${kind}` };
          });
        const taken = sample.take();
        expect(described).toBe(taken.length);
        for (const kind of new Set(kinds)) {
          const its = taken.filter(({ source }) => source === `source ${kind}`);
          expect(its.length).toBeLessThanOrEqual(20);
          const sum = its.reduce((all, { suppressed }) => all + 1 + suppressed, 0);
          expect(sum).toBe(kinds.filter((each) => each === kind).length);
        }
        expect(taken.length).toBeLessThanOrEqual(500 + 71);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an excerpt', () => {
  const secrets = ['whsec_hush_hush'];
  it.each([
    ['{"a":1,"client_secret":"hush","n":{"api-key" : "hu\\"sh"}}', '"a":1'],
    ['{"additionalData":{"hmacSignature":"hush"},"b":2}', '"b":2'],
    ['token=hush&text=hello&X-Signature=hush', 'text=hello'],
    ['something with whsec_hush_hush in it', 'something with'],
    [`{"password":"hush that is cut${'h'.repeat(2_000)}`, 'password'],
  ])('%# holds none of what it calls secret', (text, rest) => {
    const excerpt = excerptOf(Buffer.from(text), secrets).toString();
    expect(excerpt).not.toMatch(/hush|hu\\"sh/);
    expect(excerpt).toContain(rest);
    expect(excerpt.length).toBeLessThanOrEqual(1_024);
  });

  it('keeps other bytes as they are', () => {
    const bytes = Buffer.from([0, 255, 128, 10, 200, 65]);
    expect(excerptOf(bytes, [])).toEqual(bytes);
  });

  it('shows no part of a secret that stands across its end', () => {
    const secret = 'whsec_0123456789abcdef';
    for (let at = 1024 - secret.length - 1; at <= 1024; at += 1) {
      const excerpt = excerptOf(Buffer.from(`${secret}${'x'.repeat(at - secret.length)}${secret}`), [secret]);
      expect(excerpt.toString()).not.toMatch(/whsec|sec_0/);
      expect(excerpt.length).toBeGreaterThan(900);
    }
  });
});

it.each(['github', 'slack', 'svix', 'shopify', 'twilio', 'airtable', 'gitlab'])(
  'shows no header by which %s signs',
  (name) => {
    const { provider, secrets } = sourceOf(name);
    const made = provider.makeSecret(Buffer.alloc(32, 'somebody else'));
    const options = { deliveryId: 'd1' };
    const sent = provider.sign(Buffer.from(body), secrets(), NOW, options);
    const others = provider.sign(Buffer.from(body), [made], NOW, options);
    const signing = Object.keys(sent).filter((header) => sent[header] !== others[header]);
    expect(signing).not.toEqual([]);
    const shown = shownHeaders(sent);
    for (const header of signing) expect([header, shown[header]]).toEqual([header, '[hidden]']);
  },
);
