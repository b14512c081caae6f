import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** PayPal's envelope. */
export interface PaypalPayload {
  readonly id: string;
  readonly event_version?: string;
  readonly create_time?: string;
  readonly resource_type?: string;
  readonly event_type: string;
  readonly summary?: string;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface PaypalEvents {
  [type: string]: PaypalPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    paypal: PaypalEvents;
  }
}

/**
 * PayPal signs a CRC-32 of the body with the key of a certificate that the request names; the secret is the webhook's
 * id (https://developer.paypal.com/api/rest/webhooks/rest/#link-eventheadervalues). The certificate is fetched from
 * PayPal alone, must have PayPal's name and lead to a public authority. A CRC is no hash: who has a signed request can
 * make another body with the same one, so only the transport keeps bodies safe from that.
 */
const provider = defineProvider({
  name: 'paypal',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ header: 'paypal-transmission-sig' }],
      requires: [{ at: { header: 'paypal-auth-algo' }, is: 'SHA256withRSA' }],
      algorithms: [
        {
          kind: 'rsa',
          hash: 'sha256',
          encoding: 'base64',
          certificate: {
            at: { header: 'paypal-cert-url' },
            address:
              /^https:\/\/api(?:-m)?(?:\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9_-]{1,100}$/,
            example: 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-0123abcd',
            commonName: /^messageverificationcerts(?:\.sandbox)?\.paypal\.com$/,
            trust: 'public-authority',
          },
        },
      ],
      content: '{id}|{timestamp}|{secret}|{crc32}',
      idHeader: 'paypal-transmission-id',
      timestamp: { at: { header: 'paypal-transmission-time' }, unit: 'iso', toleranceSeconds: 300 },
    },
  ],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['event_type'] }],
  subject: [{ body: ['resource', 'billing_agreement_id'] }, { body: ['resource', 'id'] }],
  secret: { prefix: '8PT597110X687430LKGECATA#', encoding: 'test-key' },
  delivery: '25 retries over 3 days',
  samples: {
    'PAYMENT.CAPTURE.COMPLETED': { body: capture('PAYMENT.CAPTURE.COMPLETED', 'COMPLETED') },
    'PAYMENT.CAPTURE.REFUNDED': { body: capture('PAYMENT.CAPTURE.REFUNDED', 'REFUNDED') },
  },
});

export default provider;

/** PayPal's events: `paypal('PAYMENT.CAPTURE.COMPLETED')`, `paypal('BILLING.*')`. */
export const paypal = selectFrom(provider);

function capture(type: string, status: string) {
  return ({ unique, iso }: SampleSeed) => ({
    id: `WH-${unique.toUpperCase()}`,
    event_version: '1.0',
    create_time: iso,
    resource_type: 'capture',
    resource_version: '2.0',
    event_type: type,
    summary: 'A payment was captured for 49.00 EUR',
    resource: {
      id: `CAP${unique.toUpperCase()}`,
      status,
      amount: { currency_code: 'EUR', value: '49.00' },
      create_time: iso,
    },
  });
}
