import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sign as githubSign, verify as githubVerify } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { providers } from '../src/index.ts';

/** The official libraries read the machine's clock, so these tests do too. */
const seconds = () => Math.floor(Date.now() / 1_000);
const BODY = JSON.stringify({ id: 'evt_1', type: 'invoice.paid', text: 'naïve ♥ \u2028 🧾' });
const OK = { ok: true };

function provider(name: string) {
  const found = providers.get(name);
  if (!found) throw new Error(`no provider ${name}`);
  return found;
}

function verdict(name: string, headers: Record<string, string>, secret: string, body = BODY) {
  const request = { method: 'POST', url: '/', headers, body: Buffer.from(body) };
  return provider(name).verify(request, [secret], Date.now());
}

describe("Stripe's own package", () => {
  const { webhooks } = new Stripe('sk_test_unused');
  const secret = provider('stripe').makeSecret(Buffer.alloc(24, 1));
  const header = (timestamp: number, key = secret) =>
    webhooks.generateTestHeaderString({ payload: BODY, secret: key, timestamp });
  const ours = (value: string) => verdict('stripe', { 'stripe-signature': value }, secret);
  const theirs = (value: string) => () => webhooks.constructEvent(BODY, value, secret);

  it('signs what we accept', () => expect(ours(header(seconds()))).toEqual(OK));

  it('accepts what we sign, with one secret and with two', () => {
    for (const secrets of [[secret], ['whsec_other', secret]]) {
      const signed = provider('stripe').sign(Buffer.from(BODY), secrets, Date.now());
      expect(theirs(signed['stripe-signature'] ?? '')().id).toBe('evt_1');
    }
  });

  it('agrees on two signatures of which one is right', () => {
    const now = seconds();
    const wrong = header(now, 'whsec_other');
    const both = `${wrong},v1=${header(now).split('v1=')[1]}`;
    expect(ours(both)).toEqual(OK);
    expect(theirs(both)).not.toThrow();
    expect(ours(wrong)).toEqual({ ok: false, reason: 'mismatch' });
    expect(theirs(wrong)).toThrow();
  });

  it('agrees that 310 seconds ago is too long', () => {
    expect(ours(header(seconds() - 310))).toEqual({ ok: false, reason: 'stale' });
    expect(theirs(header(seconds() - 310))).toThrow();
  });

  it('accepts the future, which we do not', () => {
    const ahead = header(seconds() + 900);
    expect(theirs(ahead)).not.toThrow();
    expect(ours(ahead)).toEqual({ ok: false, reason: 'stale' });
  });

  it('accepts a timestamp with something behind its digits, which we do not', () => {
    const now = seconds();
    const loose = header(now).replace(`t=${now}`, `t=${now}.0`);
    expect(theirs(loose)).not.toThrow();
    expect(ours(loose)).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe("octokit's webhooks-methods", () => {
  const secret = provider('github').makeSecret(Buffer.alloc(24, 1));

  it('signs what we accept and accepts what we sign', async () => {
    const signature = await githubSign(secret, BODY);
    expect(verdict('github', { 'x-hub-signature-256': signature }, secret)).toEqual(OK);
    const ours =
      provider('github').sign(Buffer.from(BODY), [secret], Date.now())['x-hub-signature-256'] ?? '';
    expect(await githubVerify(secret, BODY, ours)).toBe(true);
    expect(await githubVerify(secret, `${BODY} `, ours)).toBe(false);
    expect(verdict('github', { 'x-hub-signature-256': signature }, secret, `${BODY} `).ok).toBe(false);
  });
});

describe('providers without a library to compare with', () => {
  it('Slack: its documented text, signed by hand', () => {
    const now = seconds();
    const signature = createHmac('sha256', 'secret').update(`v0:${now}:${BODY}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': `${now}`, 'x-slack-signature': `v0=${signature}` };
    expect(verdict('slack', headers, 'secret')).toEqual(OK);
  });

  it('Shopify: its documented text, signed by hand', () => {
    const signature = createHmac('sha256', 'secret').update(BODY).digest('base64');
    expect(verdict('shopify', { 'x-shopify-hmac-sha256': signature }, 'secret')).toEqual(OK);
  });
});

describe.each([
  ['standard-webhooks', 'webhook', (secret: string) => new StandardWebhook(secret)],
  ['svix', 'svix', (secret: string) => new SvixWebhook(secret)],
  ['svix', 'webhook', (secret: string) => new SvixWebhook(secret)],
] as const)('the official library of %s with %s-* headers', (name, prefix, create) => {
  const secret = provider(name).makeSecret(Buffer.alloc(24, 1));
  const library = create(secret);
  const headers = (when: number, signature?: string) => ({
    [`${prefix}-id`]: 'msg_1',
    [`${prefix}-timestamp`]: String(when),
    [`${prefix}-signature`]: signature ?? library.sign('msg_1', new Date(when * 1_000), BODY),
  });

  it('signs what we accept', () => expect(verdict(name, headers(seconds()), secret)).toEqual(OK));

  it('accepts what we sign', () => {
    const signed = provider(name).sign(Buffer.from(BODY), [secret], Date.now());
    expect(() => library.verify(BODY, signed)).not.toThrow();
    expect(() => library.verify(`${BODY} `, signed)).toThrow();
  });

  it('agrees on the secret without its prefix', () =>
    expect(verdict(name, headers(seconds()), secret.replace('whsec_', ''))).toEqual(OK));

  it('agrees on times too far away, both ways', () => {
    for (const when of [seconds() - 310, seconds() + 310]) {
      expect(verdict(name, headers(when), secret)).toEqual({ ok: false, reason: 'stale' });
      expect(() => library.verify(BODY, headers(when))).toThrow();
    }
  });

  it('agrees on one right signature among others', () => {
    const now = seconds();
    const right = library.sign('msg_1', new Date(now * 1_000), BODY);
    const many = headers(now, `v1,${'A'.repeat(43)}= v2,x ${right}`);
    expect(verdict(name, many, secret)).toEqual(OK);
    expect(() => library.verify(BODY, many)).not.toThrow();
  });
});
