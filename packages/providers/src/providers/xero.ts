import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One event of a batch. */
export interface XeroPayload {
  readonly resourceUrl?: string;
  readonly resourceId: string;
  readonly eventDateUtc: string;
  readonly eventType: string;
  readonly eventCategory: string;
  readonly tenantId: string;
  readonly tenantType?: string;
  readonly [field: string]: unknown;
}

export interface XeroEvents {
  [type: string]: XeroPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    xero: XeroEvents;
  }
}

/**
 * Xero signs the body alone (https://developer.xero.com/documentation/guides/webhooks/overview/) and tests a new address
 * with an empty batch, rightly and wrongly signed: 200 and 401, both without a body.
 */
const provider = defineProvider({
  name: 'xero',
  schemes: [hmacScheme({ header: 'x-xero-signature', encoding: 'base64' })],
  deliveryId: [
    {
      all: [
        { body: ['tenantId'] },
        { body: ['resourceId'] },
        { body: ['eventType'] },
        { body: ['eventDateUtc'] },
        { optional: { body: ['eventCategory'] } },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ all: [{ body: ['eventCategory'] }, { body: ['eventType'] }] }],
  batch: { list: ['events'] },
  ack: { status: 200, body: '' },
  subject: [{ body: ['resourceId'] }],
  secret: { prefix: '', encoding: 'base64' },
  delivery: '5 s; retries for up to 24 h',
  samples: {
    'INVOICE.CREATE': { body: event('INVOICE', 'CREATE') },
    'CONTACT.UPDATE': { body: event('CONTACT', 'UPDATE') },
  },
});

export default provider;

/** Xero's events by category and type: `xero('INVOICE.CREATE')`, `xero('CONTACT.*')`. */
export const xero = selectFrom(provider);

function event(eventCategory: string, eventType: string) {
  return ({ uuid, iso, number }: SampleSeed) => ({
    events: [
      {
        resourceUrl: `https://api.xero.com/api.xro/2.0/${uuid('resource')}`,
        resourceId: uuid('resource'),
        eventDateUtc: iso.replace('Z', ''),
        eventType,
        eventCategory,
        tenantId: uuid('tenant'),
        tenantType: 'ORGANISATION',
      },
    ],
    firstEventSequence: number('sequence'),
    lastEventSequence: number('sequence'),
    entropy: uuid('entropy').replaceAll('-', '').slice(0, 20).toUpperCase(),
  });
}
