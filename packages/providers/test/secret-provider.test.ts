import { describe, expect, it } from '@jest/globals';
import { describeProvider } from '../src/index.ts';

const NOW = 1_800_000_000_000;

function provider(kind: string, text: string) {
  const described = describeProvider(text, kind);
  if (!described.ok) throw new Error(described.problems.join('; '));
  return described.provider;
}
function request(headers: Record<string, string>, body = '{}') {
  return { method: 'POST', url: '/', headers, body: Buffer.from(body) };
}

describe('a sender that puts its secret in a header', () => {
  const telegram = provider(
    'secret-header',
    'header=X-Telegram-Bot-Api-Secret-Token; id=body:update_id; type=name',
  );
  const given = (secret: string) =>
    telegram.verify(request({ 'x-telegram-bot-api-secret-token': secret }), ['first', 'second'], NOW);

  it('is believed with any of the secrets, and with nothing else', () => {
    expect(given('first')).toEqual({ ok: true });
    expect(given('second')).toEqual({ ok: true });
    for (const other of ['First', 'firs', 'firstx', 'first,second'])
      expect(given(other)).toEqual({ ok: false, reason: 'mismatch' });
    expect(telegram.verify(request({}), ['first'], NOW)).toEqual({ ok: false, reason: 'missing' });
    expect(telegram.verify(request({ 'x-telegram-bot-api-secret-token': 'first' }), [], NOW).ok).toBe(false);
    expect(telegram.bodyTrusted).toBe(false);
  });

  it('names its updates by their id and the field that is there beside it', () => {
    const message = request({}, '{"update_id":7,"message":{"text":"Hello"}}');
    expect(telegram.identify(message)).toEqual({ deliveryId: '7', type: 'message' });
    const callback = request({}, '{"callback_query":{"id":"1"},"update_id":8}');
    expect(telegram.identify(callback)).toEqual({ deliveryId: '8', type: 'callback_query' });
  });

  it('may write something before it', () => {
    const bearer = provider('secret-header', 'header=authorization; prefix="Bearer "');
    const verdict = (authorization: string) => bearer.verify(request({ authorization }), ['abc'], NOW);
    expect(verdict('Bearer abc')).toEqual({ ok: true });
    expect(verdict('bearer abc')).toEqual({ ok: true });
    expect(verdict('Bearer abd')).toEqual({ ok: false, reason: 'mismatch' });
    expect(verdict('abc')).toEqual({ ok: false, reason: 'malformed' });
  });
});

describe('a sender that logs in', () => {
  const acme = provider('basic-auth', 'id=header:x-id; type=body:event');
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const verdict = (authorization: string) =>
    acme.verify(request({ authorization }), ['ada:l\u00f6ve:lace'], NOW);

  it('is believed with its user and password, whatever the letters of the scheme are', () => {
    expect(verdict(basic('ada:l\u00f6ve:lace'))).toEqual({ ok: true });
    expect(verdict(basic('ada:l\u00f6ve:lace').replace('Basic', 'BASIC'))).toEqual({ ok: true });
    for (const other of ['ada:', 'ada', ':l\u00f6ve:lace', 'ada:l\u00f6ve:lac', ''])
      expect(verdict(basic(other)).ok).toBe(false);
    expect(verdict('Basic ***')).toEqual({ ok: false, reason: 'malformed' });
    expect(verdict('Bearer x')).toEqual({ ok: false, reason: 'malformed' });
  });

  it('is asked to, as some do not before', () => expect(acme.challenge).toMatch(/^Basic realm=/));
});

describe.each([
  ['secret-header', 'header=x-secret'],
  ['secret-header', 'header=authorization; prefix="Bearer "; id=body:id; type=body:type'],
  ['secret-header', 'header=x-secret; id=body:update_id; type=name'],
  ['basic-auth', ''],
  ['basic-auth', 'id=body:id; type=header:x-type'],
])('%s %j', (kind, text) => {
  it('sends what it verifies and names', () => {
    const described = provider(kind, text);
    const secret = described.makeSecret(Buffer.alloc(32, 7));
    const sample = described.sample('sample.created', 'u1', NOW);
    const body = Buffer.from(sample?.body ?? '');
    const signed = described.signRequest(
      { method: 'POST', url: '/', headers: sample?.headers ?? {}, body },
      [secret],
      NOW,
    );
    expect(described.verify(signed, [secret], NOW)).toEqual({ ok: true });
    expect(described.verify(signed, [`${secret}x`], NOW)).toEqual({ ok: false, reason: 'mismatch' });
    expect(described.identify(signed)).toEqual({
      ...(text.includes('id=') ? { deliveryId: 'u1' } : {}),
      ...(text.includes('type=') ? { type: 'sample.created' } : {}),
    });
  });
});

describe('a line that cannot be used', () => {
  it.each([
    ['secret-header', '', /^header: is missing; write the name of the header with the secret/],
    ['secret-header', 'header=x y', /^header: cannot be used/],
    [
      'secret-header',
      'header=x; algorithm=sha1',
      /^part 2: has a name that is not known; write one of header/,
    ],
    ['basic-auth', 'type=kind', /^type: cannot be used; write header:<name>/],
    ['basic-auth', 'header=x', /^part 1: has a name that is not known; write one of id, type/],
    ['magic', '', /^magic: is not described/],
  ])('%s %j is refused with what is wrong', (kind, text, expected) => {
    const described = describeProvider(text, kind);
    expect(described.ok ? [] : described.problems).toContainEqual(expect.stringMatching(expected));
  });
});
