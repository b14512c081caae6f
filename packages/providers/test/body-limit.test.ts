import { describe, expect, it } from '@jest/globals';
import { describeProvider, providers } from '../src/index.ts';
import { formOf, valueAt } from '../src/signing/place.ts';
import { jsonText, sliceAt } from '../src/signing/json-text.ts';

const NOW = 1_750_000_000_000;
const MIB = 2 ** 20;

/** What is read of a body before anybody knows whose it is. */
const READS_BODY = ['adyen', 'aws-sns', 'twilio', 'notion', 'linear', 'mailgun', 'braintree', 'discord'];

describe('a body of a stranger', () => {
  it.each(READS_BODY)('is no larger than 1 MiB where it is read before it is verified: %s', (name) => {
    expect(providers.get(name)?.bodyLimit).toBe(MIB);
  });

  it('is never larger than GitHub documents', () => {
    for (const { name, bodyLimit } of providers.values())
      expect([name, bodyLimit <= (name === 'github' ? 25 : 5) * MIB]).toEqual([name, true]);
  });

  it('may be as large as GitHub documents, and as a sender may send whom nobody knows', () => {
    expect(providers.get('github')?.bodyLimit).toBe(25 * MIB);
    for (const [kind, text] of [
      ['hmac', 'header=x-signature'],
      ['secret-header', 'header=x-secret'],
      ['basic-auth', ''],
    ] as const)
      expect(describeProvider(text, kind)).toMatchObject({ ok: true, provider: { bodyLimit: 25 * MIB } });
  });

  it('that is a form of very many fields has none', () => {
    const fields = (count: number) => Buffer.from('a=b&'.repeat(count - 1) + 'a=b');
    expect([...formOf(fields(1_000))]).toHaveLength(1_000);
    expect([...formOf(fields(1_001))]).toHaveLength(0);
  });

  it('that is an object of very many members has none', () => {
    const found = (count: number) => {
      const members = Array.from({ length: count }, (_, index) => `"k${index}":${index}`);
      const json = jsonText(Buffer.from(`{${members.join(',')}}`));
      return json && sliceAt(json, ['k7']);
    };
    expect(found(10_000)).toBeDefined();
    expect(found(10_001)).toBeUndefined();
  });

  it('names its last of several equal members, written with escapes or not, as JSON.parse has it', () => {
    const body = Buffer.from('{"id":"first","\\u0069d":"second"}');
    expect(valueAt({ request: { headers: {}, body } }, { body: ['id'] })).toBe('second');
    expect((JSON.parse(body.toString()) as { id: string }).id).toBe('second');
  });
});

describe('a request whose signature is not there', () => {
  it('is known by its headers, whatever provider it is for; a signed one never is', () => {
    for (const provider of providers.values()) {
      const [type = ''] = provider.sampleTypes;
      const sample = provider.sample(type, 'unsigned', NOW);
      const request = {
        method: 'POST',
        url: `/?${sample?.query ?? ''}`,
        headers: { ...sample?.headers },
        body: Buffer.from(sample?.body ?? ''),
      };
      const secret = provider.makeSecret(Buffer.alloc(32, 1));
      const signed = provider.signRequest(request, [secret], NOW);
      expect([provider.name, provider.isUnsigned(signed)]).toEqual([provider.name, false]);
      if (provider.isUnsigned(request))
        expect([provider.name, provider.verify(request, [secret], NOW)]).toEqual([
          provider.name,
          { ok: false, reason: 'missing' },
        ]);
    }
  });

  it.each(['stripe', 'github', 'slack', 'shopify', 'standard-webhooks'])('is one of %s', (name) => {
    expect(providers.get(name)?.isUnsigned({ url: '/', headers: {} })).toBe(true);
  });

  it.each(['notion', 'twilio', 'aws-sns'])('may be one all the same, of %s', (name) => {
    const headers = name === 'twilio' ? { 'x-twilio-signature': 'x' } : {};
    expect(providers.get(name)?.isUnsigned({ url: '/', headers })).toBe(false);
  });
});
