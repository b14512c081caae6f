import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One attempt to deliver an event; `event.data` is the charge as it is now. */
export interface CoinbaseCommerceDelivery {
  /** Of the delivery: another attempt may have another. */
  readonly id: string | number;
  /** ISO 8601. */
  readonly scheduled_for: string;
  readonly attempt_number?: number;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly api_version: string;
    /** ISO 8601. */
    readonly created_at: string;
    readonly data: {
      readonly id?: string;
      readonly code?: string;
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}

export interface CoinbaseCommerceEvents {
  [type: string]: CoinbaseCommerceDelivery;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'coinbase-commerce': CoinbaseCommerceEvents;
  }
}

/** Coinbase Commerce signs the body alone; what repeats in a retry is the inner event's id. */
const provider = defineProvider({
  name: 'coinbase-commerce',
  docs: 'https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-overview',
  schemes: [hmacScheme({ header: 'x-cc-webhook-signature' })],
  deliveryId: [{ body: ['event', 'id'] }],
  type: [{ body: ['event', 'type'] }],
  subject: [{ body: ['event', 'data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'retries for up to 3 days, at most an hour apart',
  samples: {
    'charge:created': { body: (seed) => delivery(seed, 'charge:created', ['NEW']) },
    'charge:confirmed': {
      body: (seed) => delivery(seed, 'charge:confirmed', ['NEW', 'PENDING', 'COMPLETED']),
    },
  },
});

export default provider;

/** Coinbase Commerce's events: `coinbaseCommerce('charge:confirmed')`, `coinbaseCommerce('charge:*')`. */
export const coinbaseCommerce = selectFrom(provider);

function delivery({ iso, unique, uuid }: SampleSeed, type: string, statuses: readonly string[]) {
  const code = `E${unique}`.toUpperCase();
  const paid = statuses.includes('COMPLETED');
  return {
    id: uuid('delivery'),
    scheduled_for: iso,
    attempt_number: 1,
    event: {
      id: uuid('event'),
      resource: 'event',
      type,
      api_version: '2018-03-22',
      created_at: iso,
      data: {
        id: uuid('charge'),
        code,
        resource: 'charge',
        name: 'Brass gear',
        description: 'Two brass gears',
        hosted_url: `https://commerce.coinbase.com/charges/${code}`,
        pricing_type: 'fixed_price',
        pricing: { local: { amount: '49.00', currency: 'EUR' } },
        metadata: { order_id: '1042' },
        timeline: statuses.map((status) => ({ status, time: iso })),
        payments: paid
          ? [
              {
                network: 'ethereum',
                transaction_id: `0x${unique}`,
                status: 'CONFIRMED',
                value: { local: { amount: '49.00', currency: 'EUR' } },
              },
            ]
          : [],
        created_at: iso,
        expires_at: '2027-01-14T09:30:00Z',
        ...(paid ? { confirmed_at: iso } : {}),
      },
    },
  };
}
