import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One of the events in a GoCardless webhook: what happened, and the ids of what it happened to. */
export interface GoCardlessEvent {
  readonly id: string;
  /** ISO 8601. */
  readonly created_at: string;
  readonly resource_type: string;
  readonly action: string;
  readonly details: {
    readonly origin: string;
    readonly cause: string;
    readonly description: string;
    readonly scheme?: string;
    readonly reason_code?: string;
    readonly [field: string]: unknown;
  };
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resource_metadata?: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface GoCardlessEvents {
  [type: string]: GoCardlessEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    gocardless: GoCardlessEvents;
  }
}

/** GoCardless signs the body, which is a list of up to 250 events with an id each. */
const provider = defineProvider({
  name: 'gocardless',
  docs: 'https://developer.gocardless.com/api-reference/#appendix-webhooks',
  schemes: [hmacScheme({ header: 'webhook-signature' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ all: [{ body: ['resource_type'] }, { body: ['action'] }] }],
  batch: { list: ['events'] },
  subject: [
    { body: ['links', 'payment'] },
    { body: ['links', 'subscription'] },
    { body: ['links', 'mandate'] },
    { body: ['links', 'payout'] },
  ],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s, without redirects; up to 8 retries, each later than the last',
  samples: {
    'payments.confirmed': {
      body: (seed) =>
        webhook(seed, {
          resource_type: 'payments',
          action: 'confirmed',
          details: {
            origin: 'gocardless',
            cause: 'payment_confirmed',
            description: 'The time for the bank to refuse the payment is over.',
          },
          metadata: { order_id: '1042' },
          links: { payment: `PM${seed.unique}` },
        }),
    },
    'mandates.cancelled': {
      body: (seed) =>
        webhook(seed, {
          resource_type: 'mandates',
          action: 'cancelled',
          details: {
            origin: 'bank',
            cause: 'bank_account_closed',
            description: 'The account of the customer is closed.',
            scheme: 'sepa_core',
            reason_code: 'AC04',
          },
          metadata: {},
          links: { mandate: `MD${seed.unique}` },
        }),
    },
  },
});

export default provider;

/** GoCardless' events by resource and action: `gocardless('payments.confirmed')`, `gocardless('mandates.*')`. */
export const gocardless = selectFrom(provider);

function webhook({ iso, unique }: SampleSeed, event: object) {
  return {
    events: [{ id: `EV${unique}`, created_at: iso, ...event }],
    meta: { webhook_id: `WB${unique}` },
  };
}
