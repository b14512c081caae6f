import { describe, expect, it } from '@jest/globals';
import { parsePayload, providers } from '../src/index.ts';

const NOW = 1_800_000_000_000;
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => Buffer.from(utf16le(text)).swap16();
const marked = (bytes: Buffer, ...mark: number[]) => Buffer.concat([Buffer.from(mark), bytes]);

const WAYS: readonly (readonly [string, (text: string) => Buffer, string])[] = [
  ['UTF-8 with its mark', (text) => marked(Buffer.from(text), 0xef, 0xbb, 0xbf), JSON_TYPE],
  ['UTF-16 with its mark, little end first', (text) => marked(utf16le(text), 0xff, 0xfe), JSON_TYPE],
  ['UTF-16 with its mark, big end first', (text) => marked(utf16be(text), 0xfe, 0xff), JSON_TYPE],
  ['UTF-16 that is declared', utf16le, `${JSON_TYPE}; charset=utf-16`],
  ['UTF-16 that is declared, big end first', utf16be, `${JSON_TYPE}; charset="UTF-16BE"`],
  [
    'UTF-16 with its mark, declared as UTF-8',
    (text) => marked(utf16le(text), 0xff, 0xfe),
    `${JSON_TYPE};charset=utf-8`,
  ],
  ['Latin 1 that is declared', (text) => Buffer.from(text, 'latin1'), `${JSON_TYPE}; charset=ISO-8859-1`],
];

describe.each(WAYS)('a body in %s', (_, encode, type) => {
  it.each([...providers.values()].filter(sendsJson).map((provider) => [provider.name, provider] as const))(
    'of %s had the type `unknown` and no payload',
    (name, provider) => {
      const [eventType = ''] = provider.sampleTypes;
      const sample = provider.sample(eventType, '1A2b3C', NOW);
      const secret = provider.makeSecret(Buffer.alloc(32, 7));
      const url = sample?.query === undefined ? '/' : `/?${sample.query}`;
      const plain = {
        method: 'POST',
        url,
        headers: sample?.headers ?? {},
        body: Buffer.from(sample?.body ?? ''),
      };
      const signed = provider.signRequest(plain, [secret], NOW);
      const text = signed.body.toString('utf8');
      if (!/^[\0-\xff]*$/.test(text)) return;
      const headers = { ...signed.headers, 'content-type': type };
      const [item, ...others] = provider.split({ ...signed, headers, body: encode(text) });
      expect(others).toEqual([]);
      expect(item?.type).toBe(eventType);
      const asItWas = provider.split(signed)[0];
      expect(parsePayload(name, headers, item?.body ?? Buffer.alloc(0))).toEqual(
        parsePayload(name, signed.headers, asItWas?.body ?? Buffer.alloc(0)),
      );
    },
  );

  it('is signed as it is, and kept so', () => {
    const stripe = providers.get('stripe');
    const body = encode('{"id":"evt_1","type":"invoice.paid","name":"Zo\u00eb"}');
    const signed = stripe?.sign(body, ['whsec_a'], NOW) ?? {};
    const request = { method: 'POST', url: '/', headers: { ...signed, 'content-type': type }, body };
    expect(stripe?.verify(request, ['whsec_a'], NOW)).toEqual({ ok: true });
    const [item] = stripe?.split(request) ?? [];
    expect(item).toMatchObject({ deliveryId: 'evt_1', type: 'invoice.paid' });
    expect(item?.body).toEqual(body);
    expect(parsePayload('stripe', request.headers, body)).toMatchObject({ name: 'Zo\u00eb' });
  });

  it('that is a list comes apart into what each item says', () => {
    const body = encode('[{"sg_event_id":"a","event":"open"},{"sg_event_id":"b","event":"Zo\u00eb"}]');
    const headers = { 'content-type': type };
    const items = providers.get('sendgrid')?.split({ method: 'POST', url: '/', headers, body }) ?? [];
    expect(items.map(({ deliveryId, type: kind }) => [deliveryId, kind])).toEqual([
      ['a', 'open'],
      ['b', 'Zo\u00eb'],
    ]);
    expect(items.map(({ body: each }) => parsePayload('sendgrid', headers, each))).toEqual([
      { sg_event_id: 'a', event: 'open' },
      { sg_event_id: 'b', event: 'Zo\u00eb' },
    ]);
  });
});

describe('a form', () => {
  const payload = (body: string | Buffer, type: string) =>
    parsePayload('slack', { 'content-type': type }, Buffer.from(body));

  it('has the charset of its content type, in its escapes and outside of them', () => {
    expect(payload('text=Zo%EB+L.&command=%2Fa', `${FORM}; charset=ISO-8859-1`)).toEqual({
      text: 'Zo\u00eb L.',
      command: '/a',
    });
    expect(payload('text=%83n', `${FORM};charset=Shift_JIS`)).toEqual({ text: '\u30cf' });
    expect(payload(Buffer.from('text=Zo\u00eb', 'latin1'), `${FORM}; charset=latin1`)).toEqual({
      text: 'Zo\u00eb',
    });
    expect(payload('text=100%+%zz%4&a%2Bb=%e9%2', `${FORM}; charset=latin1`)).toEqual({
      text: '100% %zz%4',
      'a+b': '\u00e9%2',
    });
    expect(payload('text=Zo%C3%AB', `${FORM}; charset=no-such`)).toEqual({ text: 'Zo\u00eb' });
  });

  it('may be marked, or in UTF-16', () => {
    expect(payload(marked(Buffer.from('text=a'), 0xef, 0xbb, 0xbf), FORM)).toEqual({ text: 'a' });
    expect(payload(utf16le('text=Zo%C3%AB'), `${FORM}; charset=utf-16`)).toEqual({ text: 'Zo\u00eb' });
  });

  it('names its event in its charset, so that two ids are two', () => {
    const provider = providers.get('slack');
    const body = Buffer.from(`payload=${encodeURIComponent('{"type":"')}%EB${encodeURIComponent('"}')}`);
    const headers = { 'content-type': `${FORM}; charset=windows-1252` };
    expect(provider?.identify({ method: 'POST', url: '/', headers, body }).type).toBe('\u00eb');
  });

  it('of bytes that are nothing has no payload, and does not throw', () => {
    expect(payload(Buffer.from([0xff, 0x80]), FORM)).toBeUndefined();
    expect(payload(Buffer.from([0xff, 0xfe, 0x00]), FORM)).toBeUndefined();
    expect(payload(Buffer.alloc(0), FORM)).toEqual({});
  });
});

function sendsJson({ name }: { readonly name: string }): boolean {
  return !['twilio', 'braintree'].includes(name);
}
