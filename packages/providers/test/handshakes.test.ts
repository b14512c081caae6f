import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { providers } from '../src/index.ts';

const NOSNIFF = { 'x-content-type-options': 'nosniff' };
const PLAIN = { 'content-type': 'text/plain; charset=utf-8', ...NOSNIFF };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8', ...NOSNIFF };

interface Asked {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
  readonly secrets?: readonly string[];
  readonly phase?: 'unsigned' | 'verified';
}

function greet(
  name: string,
  { method = 'POST', query = '', headers = {}, body, secrets = [], phase = 'verified' }: Asked,
) {
  const request = {
    method,
    url: `/webhooks/${name}?${query}`,
    headers,
    body: Buffer.from(body ? JSON.stringify(body) : ''),
  };
  return providers.get(name)?.handshake(request, secrets, phase);
}
const unsigned = (name: string, asked: Asked) => greet(name, { phase: 'unsigned', ...asked });
const answered = (status: number, headers: Record<string, string>, body: string) => ({
  kind: 'respond',
  response: { status, headers, body },
});

describe('a challenge', () => {
  it('of Meta comes back to who knows the token, and to nobody else', () => {
    const query = (token: string) => `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`;
    const ask = (token: string, secrets = ['app secret', 'token:mine']) =>
      unsigned('meta', { method: 'GET', query: query(token), secrets });
    expect(ask('mine')).toEqual(answered(200, PLAIN, '1158201444'));
    for (const token of ['other', '', 'token:mine', 'app secret']) expect(ask(token)).toBeUndefined();
    expect(ask('mine', ['mine'])).toBeUndefined();
    expect(greet('meta', { method: 'GET', query: query('mine'), secrets: ['token:mine'] })).toBeUndefined();
  });

  it('of Dropbox, Twitch and Microsoft Graph comes back as plain text', () => {
    expect(unsigned('dropbox', { method: 'GET', query: 'challenge=abc-DEF_1' })).toEqual(
      answered(200, PLAIN, 'abc-DEF_1'),
    );
    const pending = {
      challenge: 'pogchamp-kappa-360noscope',
      subscription: { status: 'webhook_callback_verification_pending' },
    };
    expect(greet('twitch', { body: pending })).toEqual(answered(200, PLAIN, 'pogchamp-kappa-360noscope'));
    expect(unsigned('twitch', { body: pending })).toBeUndefined();
    const token = 'Validation: Testing client application reachability for subscription Request-Id: 1-2';
    expect(
      unsigned('microsoft-graph', { query: new URLSearchParams({ validationToken: token }).toString() }),
    ).toEqual(answered(200, PLAIN, token));
  });

  it.each(['<script>alert(1)</script>', 'a"b', 'a&b<', 'x'.repeat(2_000), 'é', 'a\r\nb'])(
    'is not repeated when it is %j',
    (challenge) => {
      const query = (name: string) => new URLSearchParams({ [name]: challenge }).toString();
      expect(unsigned('dropbox', { method: 'GET', query: query('challenge') })).toBeUndefined();
      expect(unsigned('microsoft-graph', { query: query('validationToken') })).toBeUndefined();
      expect(unsigned('x', { method: 'GET', query: query('crc_token'), secrets: ['s'] })).toBeUndefined();
      expect(
        unsigned('braintree', { method: 'GET', query: query('bt_challenge'), secrets: ['a|b'] }),
      ).toBeUndefined();
    },
  );
});

describe('a proof', () => {
  it('is given to Zoom for its own tokens', () => {
    const ask = (plainToken: string) =>
      greet('zoom', { body: { event: 'endpoint.url_validation', payload: { plainToken } }, secrets: ['s'] });
    const encryptedToken = createHmac('sha256', 's').update('qgg8vlvZRS6UYooatFL8Aw').digest('hex');
    expect(ask('qgg8vlvZRS6UYooatFL8Aw')).toEqual(
      answered(200, JSON_TYPE, JSON.stringify({ plainToken: 'qgg8vlvZRS6UYooatFL8Aw', encryptedToken })),
    );
    expect(ask('v0:1800000000:{"event":"meeting.started"}')).toBeUndefined();
  });

  it('given to X is no signature of a body', () => {
    const proof = createHmac('sha256', 's').update('123').digest('base64');
    const answer = unsigned('x', { method: 'GET', query: 'crc_token=123', secrets: ['s'] });
    expect(answer).toEqual(answered(200, JSON_TYPE, JSON.stringify({ response_token: `sha256=${proof}` })));
    const headers = { 'x-twitter-webhooks-signature': `sha256=${proof}` };
    const request = { method: 'POST', url: '/', headers, body: Buffer.from('123') };
    expect(providers.get('x')?.verify(request, ['s'], 0)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('given to Braintree has the public key, and is no signature of a payload', () => {
    const challenge = '20f9f8ed05f77439fe955c977e4c8a53';
    const key = createHash('sha1').update('private').digest();
    const digest = createHmac('sha1', key).update(challenge).digest('hex');
    const ask = (text: string) =>
      unsigned('braintree', { method: 'GET', query: `bt_challenge=${text}`, secrets: ['public|private'] });
    expect(ask(challenge)).toEqual(answered(200, PLAIN, `public|${digest}`));
    const form = new URLSearchParams({ bt_signature: `public|${digest}`, bt_payload: challenge }).toString();
    const request = { method: 'POST', url: '/', headers: {}, body: Buffer.from(form) };
    expect(providers.get('braintree')?.verify(request, ['public|private'], 0)).toEqual({
      ok: false,
      reason: 'malformed',
    });
  });
});

describe('a first request', () => {
  it('of Asana brings a secret, from who knows the token', () => {
    const headers = { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559' };
    const ask = (query: string) => unsigned('asana', { query, headers, secrets: ['token:mine'] });
    expect(ask('token=mine')).toEqual({
      kind: 'keep-secret',
      secret: headers['x-hook-secret'],
      response: { status: 200, headers: { ...NOSNIFF, ...headers }, body: '' },
    });
    for (const query of ['', 'token=', 'token=other', 'token=mine&token=other'])
      expect(ask(query)).toBeUndefined();
    expect(unsigned('asana', { query: 'token=', headers, secrets: ['token:'] })).toBeUndefined();
  });

  it('of Notion brings a secret, from who knows the token; else it is only answered', () => {
    const body = { verification_token: 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl' };
    const response = { status: 200, headers: NOSNIFF, body: '' };
    expect(unsigned('notion', { query: 'token=mine', body, secrets: ['token:mine'] })).toEqual({
      kind: 'keep-secret',
      secret: body.verification_token,
      response,
    });
    expect(unsigned('notion', { query: 'token=other', body, secrets: ['token:mine'] })).toEqual({
      kind: 'respond',
      response,
    });
    expect(unsigned('notion', { body: { verification_token: '<script>' } })).toBeUndefined();
  });

  it('of Discord is answered when it is a ping, and only verified', () => {
    const ping = { id: '1', type: 1, token: 't', application_id: '2' };
    expect(greet('discord', { body: ping })).toEqual(answered(200, JSON_TYPE, '{"type":1}'));
    expect(unsigned('discord', { body: ping })).toBeUndefined();
    expect(greet('discord', { body: { version: 1, application_id: '2', type: 0 } })).toEqual(
      answered(204, NOSNIFF, ''),
    );
    const event = { version: 1, application_id: '2', type: 1, event: { type: 'ENTITLEMENT_CREATE' } };
    expect(greet('discord', { body: event })).toBeUndefined();
  });

  it.each(['intercom', 'trello'])('of %s is HEAD', (name) => {
    expect(unsigned(name, { method: 'HEAD' })).toEqual(answered(200, NOSNIFF, ''));
    expect(unsigned(name, { method: 'GET' })).toBeUndefined();
    expect(unsigned('stripe', { method: 'HEAD' })).toBeUndefined();
  });

  it('of WooCommerce is a form that names the webhook, and nothing else', () => {
    const ask = (text: string, phase: 'unsigned' | 'verified' = 'unsigned') =>
      providers
        .get('woocommerce')
        ?.handshake({ method: 'POST', url: '/', headers: {}, body: Buffer.from(text) }, [], phase);
    expect(ask('webhook_id=17')).toEqual(answered(200, NOSNIFF, ''));
    for (const other of ['webhook_id=', 'webhook_id=1&order=2', 'order=2&webhook_id=1', '{"id":1}'])
      expect(ask(other)).toBeUndefined();
    expect(ask('webhook_id=17', 'verified')).toBeUndefined();
  });

  it('of SNS is confirmed at its own addresses only, once verified', () => {
    const good =
      'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:t&Token=2336412f';
    const ask = (SubscribeURL: string, phase: 'unsigned' | 'verified' = 'verified') =>
      greet('aws-sns', { body: { Type: 'SubscriptionConfirmation', SubscribeURL }, phase });
    expect(ask(good)).toMatchObject({ kind: 'fetch', url: good });
    expect(providers.get('aws-sns')?.mayFetch(good)).toBe(true);
    expect(ask(good, 'unsigned')).toBeUndefined();
    for (const bad of [
      good.replace('https', 'http'),
      good.replace('.com/', '.com.evil.test/'),
      good.replace('sns.eu', 'sns.eu-west-1.amazonaws.com@evil.test'),
      good.replace('ConfirmSubscription', 'DeleteTopic'),
      good.replace('sns.', 'ec2.'),
      'https://169.254.169.254/latest/meta-data',
      `${good}&x=1`,
    ]) {
      expect(ask(bad)).toBeUndefined();
      expect(providers.get('aws-sns')?.mayFetch(bad)).toBe(false);
    }
  });
});
