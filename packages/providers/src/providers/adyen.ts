import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One item of a notification. */
export interface AdyenPayload {
  readonly pspReference: string;
  readonly originalReference?: string;
  readonly merchantAccountCode: string;
  readonly merchantReference: string;
  readonly amount: { readonly currency: string; readonly value: number };
  readonly eventCode: string;
  readonly eventDate?: string;
  readonly success: 'true' | 'false';
  readonly additionalData?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface AdyenEvents {
  [type: string]: AdyenPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    adyen: AdyenEvents;
  }
}

/**
 * Adyen signs eight fields of each item of a notification, with a key in hex
 * (https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures), and wants `[accepted]`.
 * What is not among the fields is not signed.
 */
const provider = defineProvider({
  name: 'adyen',
  schemes: [
    {
      kind: 'signed-content',
      each: { list: ['notificationItems'], item: ['NotificationRequestItem'] },
      signatures: [{ body: ['additionalData', 'hmacSignature'] }],
      algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'base64', key: { encoding: 'hex' } }],
      content:
        '{json:pspReference}:{json:originalReference?}:{json:merchantAccountCode}:{json:merchantReference?}:' +
        '{json:amount.value?}:{json:amount.currency?}:{json:eventCode}:{json:success}',
      covers: 'meaning',
    },
  ],
  deliveryId: [
    {
      // A report's reference is its file's name, which the next merchant account has, too.
      all: [
        { body: ['pspReference'] },
        { body: ['eventCode'] },
        { body: ['success'] },
        { optional: { body: ['merchantAccountCode'] } },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['eventCode'] }],
  batch: { list: ['notificationItems'], item: ['NotificationRequestItem'] },
  ack: { status: 200, contentType: 'text/plain; charset=utf-8', body: '[accepted]' },
  subject: [{ body: ['originalReference'] }, { body: ['pspReference'] }],
  secret: { prefix: '', encoding: 'HEX' },
  delivery: '10 s; 3 fast retries, then up to days',
  samples: { AUTHORISATION: { body: item('AUTHORISATION') }, REFUND: { body: item('REFUND') } },
});

export default provider;

/** Adyen's payment events by code: `adyen('AUTHORISATION')`. */
export const adyen = selectFrom(provider);

function item(eventCode: string) {
  return ({ unique, iso }: SampleSeed) => ({
    live: 'false',
    notificationItems: [
      {
        NotificationRequestItem: {
          additionalData: { hmacSignature: '' },
          amount: { currency: 'EUR', value: 4_900 },
          eventCode,
          eventDate: iso,
          merchantAccountCode: 'EngineParts',
          merchantReference: 'order-1042',
          ...(eventCode === 'REFUND' ? { originalReference: `PSP${unique}0` } : {}),
          paymentMethod: 'mc',
          pspReference: `PSP${unique}`,
          reason: '',
          success: 'true',
        },
      },
    ],
  });
}
