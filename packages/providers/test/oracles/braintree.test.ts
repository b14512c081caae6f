import { describe, expect, it } from '@jest/globals';
import type { ProviderRequest } from '@hookline/core';
import braintreeSdk from '@hookline/test-sdks/braintree';
import { providers } from '../../src/index.ts';
import { agree, secretOf, theirs, unsigned, verdicts, type Oracle } from './oracle.ts';

const XML =
  '<notification>\n  <kind>check</kind>\n  <subject><check>naïve ♥</check></subject>\n</notification>';
const PAYLOAD = Buffer.from(XML).toString('base64');

const braintree: Oracle = {
  provider: 'braintree',
  contentType: 'application/x-www-form-urlencoded',
  bodies: [PAYLOAD, `${PAYLOAD}\n`, `${PAYLOAD.slice(0, 60)}\n${PAYLOAD.slice(60)}\n`].map((bt_payload) =>
    new URLSearchParams({ bt_payload }).toString(),
  ),
  accepts: ({ body }, secret) => {
    const form = new URLSearchParams(body.toString());
    const { webhookNotification } = gatewayOf(secret);
    return webhookNotification.parse(form.get('bt_signature') ?? '', form.get('bt_payload') ?? '');
  },
  // The library signs its own samples only.
  signs: async (request, secret) => {
    const sample = await gatewayOf(secret).webhookTesting.sampleNotification('check', 'id');
    return { ...request, body: Buffer.from(new URLSearchParams({ ...sample }).toString()) };
  },
};

describe("Braintree's own package", () => {
  agree(braintree);

  it('agrees on one right signature among those of other keys', async () => {
    const both = withSignature(await theirs(braintree), (value) => `other|${'0'.repeat(40)}&${value}`);
    expect(await verdicts(braintree, both)).toEqual({ library: 'accepts', we: 'accept' });
  });

  it('agrees that the signature of another key is none', async () => {
    const other = withSignature(await theirs(braintree), (value) => value.replace(/^[^|]*/, 'other'));
    expect(await verdicts(braintree, other)).toEqual({ library: 'refuses', we: 'mismatch' });
  });

  it('accepts a payload that lost the line end it was signed with; we take the bytes that came', async () => {
    const request = await theirs(braintree);
    const form = new URLSearchParams(request.body.toString());
    form.set('bt_payload', (form.get('bt_payload') ?? '').trimEnd());
    const trimmed = { ...request, body: Buffer.from(form.toString()) };
    expect(await verdicts(braintree, trimmed)).toEqual({ library: 'accepts', we: 'mismatch' });
  });

  it('proves itself as we do when Braintree asks', () => {
    const challenge = '20f9f8ed05f77439fe955c977e4c8a53';
    const secret = secretOf(braintree);
    const request = { ...unsigned(braintree, ''), method: 'GET', url: `/?bt_challenge=${challenge}` };
    const answer = providers.get('braintree')?.handshake(request, [secret], 'unsigned');
    expect(answer).toMatchObject({
      kind: 'respond',
      response: { status: 200, body: proofOf(secret, challenge) },
    });
  });
});

function gatewayOf(secret: string) {
  const [publicKey = '', privateKey = ''] = secret.split('|');
  const { Sandbox } = braintreeSdk.Environment;
  return new braintreeSdk.BraintreeGateway({ environment: Sandbox, merchantId: 'm', publicKey, privateKey });
}

/** Its types lack this method. */
function proofOf(secret: string, challenge: string): string {
  const { webhookNotification } = gatewayOf(secret);
  return (webhookNotification as typeof webhookNotification & { verify(text: string): string }).verify(
    challenge,
  );
}

function withSignature(request: ProviderRequest, change: (value: string) => string): ProviderRequest {
  const form = new URLSearchParams(request.body.toString());
  form.set('bt_signature', change(form.get('bt_signature') ?? ''));
  return { ...request, body: Buffer.from(form.toString()) };
}
