import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

export interface BraintreePayload {
  /** XML in base64. */
  readonly bt_payload: string;
  readonly bt_signature: string;
  readonly [field: string]: unknown;
}

export interface BraintreeEvents {
  [type: string]: BraintreePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    braintree: BraintreeEvents;
  }
}

/**
 * Braintree sends XML in a form, signed with the SHA-1 of the private key; the secret here is `public_key|private_key`
 * (https://developer.paypal.com/braintree/docs/guides/webhooks/parse). Before that it asks, unsigned, for proof over a
 * challenge: digits too few to be a payload, and none are accepted that are so few.
 */
const provider = defineProvider({
  name: 'braintree',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ form: 'bt_signature' }],
      itemSeparator: '&',
      labelSeparator: '|',
      requires: [{ at: { form: 'bt_payload' }, matches: /^[A-Za-z0-9+/=\s]{64,}$/ }],
      algorithms: [
        {
          kind: 'hmac',
          hash: 'sha1',
          encoding: 'hex',
          label: { keyIdBefore: '|' },
          key: { encoding: 'sha1' },
        },
      ],
      content: '{form:bt_payload}',
      covers: 'meaning',
    },
  ],
  deliveryId: [],
  type: [{ in: { form: 'bt_payload' }, decoded: 'base64', match: /<kind>([a-z_]{1,100})<\/kind>/ }],
  form: 'fields',
  handshakes: [
    {
      method: 'GET',
      verified: false,
      answer: {
        kind: 'proof',
        of: { query: 'bt_challenge' },
        form: /^[a-f0-9]{20,32}$/,
        hash: 'sha1',
        encoding: 'hex',
        key: { encoding: 'sha1', keyIdBefore: '|' },
      },
    },
  ],
  secret: { prefix: 'integration_public_key|', encoding: 'hex' },
  delivery: '30 s; hourly for up to 24 h',
  samples: {
    subscription_charged_successfully: {
      headers: asForm,
      body: subscription('subscription_charged_successfully'),
    },
    subscription_canceled: { headers: asForm, body: subscription('subscription_canceled') },
  },
});

export default provider;

/** Braintree's notifications by kind: `braintree('subscription_canceled')`. */
export const braintree = selectFrom(provider);

function asForm() {
  return { 'content-type': 'application/x-www-form-urlencoded' };
}

function subscription(kind: string) {
  return ({ unique, iso }: SampleSeed) => {
    const xml = [
      '<notification>',
      `  <timestamp type="datetime">${iso}</timestamp>`,
      `  <kind>${kind}</kind>`,
      `  <subject><subscription><id>${unique}</id><plan-id>mill</plan-id></subscription></subject>`,
      '</notification>',
    ].join('\n');
    return new URLSearchParams({ bt_payload: `${Buffer.from(xml).toString('base64')}\n` }).toString();
  };
}
