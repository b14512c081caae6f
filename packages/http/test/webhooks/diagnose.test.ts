import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { diagnose, type Case } from '../../src/webhooks/diagnose.ts';
import { NOW, providerNamed } from './harness.ts';

const BODY = '{"id":"evt_1","name":"Ada ♥","list":[1,2],"path":"a/b"}';

function patient(
  name: string,
  secret: string,
  changes: Partial<Case> & { body?: string; at?: number; signer?: string } = {},
): Case {
  const { body = BODY, at = NOW, signer = secret, ...rest } = changes;
  const provider = providerNamed(name);
  const request = { method: 'POST', url: '/webhooks/x', headers: {}, body: Buffer.from(BODY) };
  const signed = provider.signRequest(request, [signer], at);
  return { provider, request: { ...signed, body: Buffer.from(body) }, secrets: [secret], now: NOW, ...rest };
}

describe('what an unverified body can cost', () => {
  /** Bytes that are verified in all while the cause is searched. */
  function searched(body: string): { readonly bytes: number; readonly times: number } {
    const sick = patient('github', 's', { body });
    let [bytes, times] = [0, 0];
    const provider = {
      ...sick.provider,
      verify: (request: Case['request']) => {
        bytes += request.body.length;
        times += 1;
        return { ok: false, reason: 'mismatch' } as const;
      },
      signedAt: () => undefined,
    };
    expect(diagnose({ ...sick, provider })).toBeUndefined();
    return { bytes, times };
  }

  it.each([
    ['deep lists', '['.repeat(4_000) + ']'.repeat(4_000)],
    ['deep objects', '{"a":'.repeat(1_300) + '1' + '}'.repeat(1_300)],
    ['open brackets', '['.repeat(8_000)],
    ['a long list', `[${'1,'.repeat(4_000)}1]`],
    ['a list of lists', `[${'[],'.repeat(2_500)}[]]`],
    ['what has to be escaped', JSON.stringify('♥'.repeat(2_700))],
    ['slashes', JSON.stringify('/'.repeat(8_000))],
  ])('is a small multiple of its length: %s', (_, body) => {
    expect(body.length).toBeLessThanOrEqual(8 * 1024 + 8);
    const { bytes, times } = searched(body);
    expect(times).toBeLessThan(30);
    expect(bytes).toBeLessThan(100 * Buffer.byteLength(body));
  });

  it('is nothing for a larger one', () => {
    expect(searched(JSON.stringify('x'.repeat(8 * 1024)))).toEqual({ bytes: 0, times: 0 });
  });
});

describe('the likely cause', () => {
  it.each([
    ['JSON.stringify with blanks', JSON.stringify(JSON.parse(BODY), null, 2)],
    ['a line end', `${BODY}\n`],
  ])('is a body that was written anew: %s', (_, body) =>
    expect(diagnose(patient('stripe', 's', { body }))).toContain('written anew'),
  );

  it('is a body that was escaped before, or had blanks', () => {
    for (const original of [
      '{"id": "evt_1", "name": "Ada \\u2665", "list": [1, 2]}',
      '{"id":"evt_1","name":"Ada \\u2665","list":[1,2]}',
      '{\n    "id": "evt_1"\n}',
      '{"path":"a\\/b"}',
    ]) {
      const provider = providerNamed('github');
      const headers = provider.sign(Buffer.from(original), ['s'], NOW);
      const body = Buffer.from(JSON.stringify(JSON.parse(original)));
      expect(
        diagnose({
          provider,
          request: { method: 'POST', url: '/', headers, body },
          secrets: ['s'],
          now: NOW,
        }),
      ).toContain('written anew');
    }
  });

  it('is a clock, with the seconds', () => {
    expect(diagnose(patient('stripe', 's', { at: NOW - 420_000 }))).toContain('signed 420 s ago');
    expect(diagnose(patient('stripe', 's', { at: NOW + 420_000 }))).toContain('420 s in the future');
  });

  it('is the secret of another source, or the one before', () => {
    const otherSecrets = new Map([['stripe-eu', ['eu']]]);
    expect(diagnose(patient('stripe', 's', { signer: 'eu', otherSecrets }))).toContain(
      'the source stripe-eu',
    );
    expect(diagnose(patient('stripe', 's', { signer: 'old', formerSecrets: ['old'] }))).toContain(
      'was replaced',
    );
  });

  it('is another reading of the secret', () => {
    const bytes = Buffer.alloc(24, 0xfe);
    for (const [secret, key, cause] of [
      [bytes.toString('base64'), bytes, 'read as base64'],
      [bytes.toString('hex'), bytes, 'read as hex'],
      ['whsec_abc', 'abc', 'prefix'],
      ['"abc"', 'abc', 'quotes'],
    ] as const) {
      const signature = createHmac('sha256', key).update(BODY).digest('hex');
      const sick = patient('github', secret);
      const headers = { 'x-hub-signature-256': `sha256=${signature}` };
      expect(diagnose({ ...sick, request: { ...sick.request, headers } })).toContain(cause);
    }
  });

  it('is another address than the configured one', () => {
    const sick = patient('square', 's');
    const request = { ...sick.request, url: 'https://shop.test/webhooks/x' };
    expect(diagnose({ ...sick, request, askedUrls: ['/webhooks/y', '/webhooks/x'] })).toContain(
      'another address',
    );
    expect(diagnose(patient('square', 's', { signer: 't' }))).toContain('none is configured');
  });

  it('is unknown when nothing helps, and names no secret', () => {
    expect(diagnose(patient('stripe', 's3cret', { signer: 'other' }))).toBeUndefined();
    expect(diagnose(patient('stripe', 's3cret', { at: NOW - 420_000 }))).not.toContain('s3cret');
  });
});
