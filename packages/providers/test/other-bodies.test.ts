import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parsePayload, providers } from '../src/index.ts';

const NOW = 1_800_000_000_000;
const URL = 'https://hooks.example.com/webhooks/source';

function post(body: string | Buffer, headers: Record<string, string> = {}, url = URL) {
  return { method: 'POST', url, headers, body: Buffer.from(body) };
}
const verify = (name: string, request: ReturnType<typeof post>) =>
  providers.get(name)?.verify(request, ['secret'], NOW) ?? { ok: false };

describe("a Trello card that is not ASCII was refused, since the text's low bytes are signed", () => {
  const sign = (text: string) =>
    createHmac('sha1', 'secret').update(Buffer.from(text, 'latin1')).digest('base64');

  it.each([
    'Keep the carry',
    'Zo\u00eb',
    'M\u00fchle \u2014 \u30ce\u30fc\u30c8',
    'Gears \u{1f680}',
    '"\\u00e9"',
  ])('%s', (name) => {
    const body = `{"action":{"id":"1","type":"createCard","data":{"card":{"name":${JSON.stringify(name)}}}}}`;
    const request = post(body, { 'x-trello-webhook': sign(body + URL) });
    expect(verify('trello', request)).toEqual({ ok: true });
    const other = post(body.replace('createCard', 'deleteCard'), request.headers);
    expect(verify('trello', other)).toEqual({ ok: false, reason: 'mismatch' });
    expect(providers.get('trello')?.split(request)[0]?.bodyTrusted).toBe(true);
  });
});

describe('an address with escapes was refused of HubSpot, which decodes some of them before it signs', () => {
  const sign = (url: string) => createHmac('sha256', 'secret').update(`POST${url}[]${NOW}`).digest('base64');
  const given = (asked: string, signed: string) =>
    verify(
      'hubspot',
      post(
        '[]',
        { 'x-hubspot-signature-v3': sign(signed), 'x-hubspot-request-timestamp': String(NOW) },
        asked,
      ),
    );

  it.each([
    ['%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B', ":/?@!$'()*,;"],
    ['%3a%2f', ':/'],
    ['a%20b%26c%3Dd%25%2B%C3%A9', 'a%20b%26c%3Dd%25%2B%C3%A9'],
    ['%252F', '%252F'],
    ['%253A%3A%26%2F%3D%2B%23', '%253A:%26/%3D%2B%23'],
  ])('%s', (asked, signed) => {
    expect(given(`${URL}?next=${asked}`, `${URL}?next=${signed}`)).toEqual({ ok: true });
    expect(given(`${URL}?next=${asked}x`, `${URL}?next=${signed}`).ok).toBe(false);
  });

  it('is signed so by ourselves', () => {
    const request = providers.get('hubspot')?.signRequest(post('[]', {}, `${URL}?a=%2Fb`), ['secret'], NOW);
    expect(request?.headers['x-hubspot-signature-v3']).toBe(sign(`${URL}?a=/b`));
  });
});

describe("Bitbucket Server's test of the connection, which is not signed", () => {
  const bitbucket = providers.get('bitbucket');
  const greet = (body: string, key = 'diagnostics:ping') =>
    bitbucket?.handshake(post(body, { 'x-event-key': key }), ['secret'], 'unsigned');

  it('is answered, and is no event', () => {
    const response = { status: 200, headers: { 'x-content-type-options': 'nosniff' }, body: '' };
    for (const body of ['{"test": true}', '{"test":true}\n'])
      expect(greet(body)).toEqual({ kind: 'respond', response });
  });

  it('is nothing else', () => {
    for (const body of ['{"test":false}', '{"test":true,"push":{}}', '', 'x'])
      expect(greet(body)).toBeUndefined();
    expect(greet('{"test":true}', 'repo:push')).toBeUndefined();
  });

  it('has not the bodies of strangers read', () => {
    const headers = (key: string) => ({ url: '/', headers: { 'x-event-key': key } });
    expect(bitbucket?.isUnsigned(headers('repo:push'))).toBe(true);
    expect(bitbucket?.isUnsigned(headers('diagnostics:ping'))).toBe(false);
  });
});

const FIELDS = {
  recipient: 'engine@mg.example.com',
  subject: 'M\u00fchle',
  'body-plain': 'Line one\r\nLine two\r\n',
  'Message-Id': '<1@example.com>',
  timestamp: String(NOW / 1_000),
  token: 'a'.repeat(50),
};
const SIGNATURE = createHmac('sha256', 'secret').update(`${FIELDS.timestamp}${FIELDS.token}`).digest('hex');
const FORM = 'application/x-www-form-urlencoded';

function multipart(fields: Record<string, string>, boundary = 'b0undary'): Buffer {
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="attachment-1"; filename="a \\"b\\".bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(texts.join('') + file),
    Buffer.from([0, 0xff, 0x0d, 0x0a, 0x2d, 0x2d]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

describe('a message that a Mailgun route forwards had no signature that could be found', () => {
  const type = 'multipart/form-data; boundary="b0undary"';
  const fields = { ...FIELDS, signature: SIGNATURE };

  it.each([
    ['as a form', FORM, Buffer.from(new URLSearchParams(fields).toString())],
    ['in parts', type, multipart(fields)],
  ])('%s', (_, contentType, body) => {
    const request = post(body, { 'content-type': contentType });
    expect(verify('mailgun', request)).toEqual({ ok: true });
    expect(providers.get('mailgun')?.identify(request)).toEqual({
      deliveryId: '<1@example.com>:engine@mg.example.com',
      type: 'inbound',
    });
    expect(parsePayload('mailgun', request.headers, body)).toMatchObject(fields);
    const forged = Buffer.from(body.toString('latin1').replace(FIELDS.token, 'b'.repeat(50)), 'latin1');
    expect(verify('mailgun', post(forged, request.headers))).toEqual({ ok: false, reason: 'mismatch' });
    const late = providers.get('mailgun')?.verify(request, ['secret'], NOW + 301_000);
    expect(late).toEqual({ ok: false, reason: 'stale' });
  });

  it('has its attachments as they are', () => {
    const payload = parsePayload('mailgun', { 'content-type': type }, multipart(fields));
    expect(payload).toMatchObject({
      'attachment-1': {
        filename: 'a "b".bin',
        type: 'application/octet-stream',
        content: Buffer.from([0, 0xff, 0x0d, 0x0a, 0x2d, 0x2d]),
      },
    });
  });

  it('is found behind words that stand before the first part', () => {
    const body = Buffer.concat([Buffer.from('This is a form in parts.\r\n'), multipart(fields)]);
    expect(verify('mailgun', post(body, { 'content-type': type }))).toEqual({ ok: true });
    expect(parsePayload('mailgun', { 'content-type': type }, body)).toMatchObject(fields);
  });

  it('is not signed by what a file says', () => {
    const body = multipart(fields).toString('latin1').replace('name="token"', 'name="token"; filename="t"');
    const request = post(Buffer.from(body, 'latin1'), { 'content-type': type });
    expect(verify('mailgun', request).ok).toBe(false);
  });

  it('is nothing when it is broken off, or its parts are too many', () => {
    const whole = multipart(fields);
    const many = multipart(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`f${n}`, ''])));
    for (const body of [whole.subarray(0, -6), many, Buffer.from('--b0undary'), Buffer.from('x--b0undary--')])
      expect(parsePayload('mailgun', { 'content-type': type }, body)).toBeUndefined();
    expect(verify('mailgun', post(whole, { 'content-type': 'multipart/form-data' })).ok).toBe(false);
  });

  it('of an older webhook is an event of its kind', () => {
    const body = new URLSearchParams({ ...fields, event: 'opened' }).toString();
    expect(providers.get('mailgun')?.identify(post(body, { 'content-type': FORM }))).toEqual({
      deliveryId: `opened:${FIELDS.token}`,
      type: 'opened',
    });
  });
});

describe('a form of a provider that documents one', () => {
  it.each(['zendesk', 'cal-com', 'sendgrid'])('has its fields for a payload: %s', (name) => {
    expect(parsePayload(name, { 'content-type': FORM }, Buffer.from('a=1&b=2'))).toEqual({ a: '1', b: '2' });
  });

  it('that SendGrid parsed from a mail is a message', () => {
    const body = multipart({ envelope: '{"to":["a@example.com"]}', text: 'Hello' });
    const request = post(body, { 'content-type': 'multipart/form-data; boundary=b0undary' });
    expect(providers.get('sendgrid')?.identify(request).type).toBe('inbound');
  });
});
