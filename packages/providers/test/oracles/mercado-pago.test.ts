import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { WebhookSignatureValidator } from '@hookline/test-sdks/mercado-pago';
import { agree, secretOf, seconds, theirs, unsigned, verdicts, withHeader, type Oracle } from './oracle.ts';

const HEADER = 'x-signature';

/** Signs the query's `data.id`, a request's id and the time; nothing of the body. */
const mercadoPago: Oracle = {
  provider: 'mercado-pago',
  url: '/webhooks/mercado-pago?data.id=123456&type=payment',
  accepts: ({ url, headers }, secret) =>
    WebhookSignatureValidator.validate({
      xSignature: headers[HEADER],
      xRequestId: headers['x-request-id'],
      dataId: new URL(url, 'https://hooks.example.com').searchParams.get('data.id'),
      secret,
    }),
  signs: (request, secret, at) => {
    const ts = at * 1_000;
    const content = `id:123456;request-id:5f1b;ts:${ts};`;
    const signature = createHmac('sha256', secret).update(content).digest('hex');
    const headers = { ...request.headers, 'x-request-id': '5f1b', [HEADER]: `ts=${ts},v1=${signature}` };
    return { ...request, headers };
  },
  changes: (request) => [
    { ...request, url: request.url.replace('123456', '123457') },
    { ...request, url: request.url.replace('data.id', 'data.Id') },
    { ...request, headers: { ...request.headers, 'x-request-id': 'other' } },
    withHeader(request, HEADER, (value) => value.replace(/ts=\d/, 'ts=2')),
    withHeader(request, HEADER, (value) =>
      value.replace(/v1=(.)/, (_, digit) => `v1=${digit === '0' ? 1 : 0}`),
    ),
  ],
};

describe("Mercado Pago's own package", () => {
  agree(mercadoPago);

  it.each([
    ['neither', {}, '/', ''],
    ['only the request id', { 'x-request-id': 'a1' }, '/', 'request-id:a1;'],
    ['only the id', {}, '/?data.id=7', 'id:7;'],
  ])('agrees on what is signed when %s is there', async (_, extra, url, parts) => {
    const ts = seconds() * 1_000;
    const v1 = createHmac('sha256', secretOf(mercadoPago)).update(`${parts}ts:${ts};`).digest('hex');
    const headers = { ...extra, [HEADER]: `ts=${ts},v1=${v1}` };
    expect(await verdicts(mercadoPago, { ...unsigned(mercadoPago), url, headers })).toEqual({
      library: 'accepts',
      we: 'accept',
    });
  });

  it('agrees that the body is not signed', async () =>
    expect(await verdicts(mercadoPago, { ...(await theirs(mercadoPago)), body: Buffer.from('{}') })).toEqual({
      library: 'accepts',
      we: 'accept',
    }));

  it('ignores blanks and capitals in the header; we take it as Mercado Pago writes it', async () => {
    for (const change of [
      (value: string) => value.replace(',', ', '),
      (value: string) => value.replace('ts=', 'TS='),
    ]) {
      const request = withHeader(await theirs(mercadoPago), HEADER, change);
      expect(await verdicts(mercadoPago, request)).toEqual({
        library: 'accepts',
        we: expect.stringMatching(/^(mismatch|malformed)$/),
      });
    }
  });

  it('takes an id as it stands; we sign it in small letters, as Mercado Pago documents', async () => {
    const ts = seconds() * 1_000;
    const request = { ...unsigned(mercadoPago), url: '/?data.id=ABC' };
    const signed = (id: string) => {
      const v1 = createHmac('sha256', secretOf(mercadoPago)).update(`id:${id};ts:${ts};`).digest('hex');
      return { ...request, headers: { [HEADER]: `ts=${ts},v1=${v1}` } };
    };
    expect(await verdicts(mercadoPago, signed('abc'))).toEqual({ library: 'refuses', we: 'accept' });
    expect(await verdicts(mercadoPago, signed('ABC'))).toEqual({ library: 'accepts', we: 'mismatch' });
  });
});
