import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** A JSON:API document: the object as it is now, and in `meta` what happened to it. */
export interface LemonSqueezyEvent {
  readonly meta: {
    readonly event_name: string;
    readonly test_mode?: boolean;
    /** What your checkout was given to pass on. */
    readonly custom_data?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
  readonly data: {
    readonly type: string;
    readonly id: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly relationships?: Readonly<Record<string, unknown>>;
    readonly links?: Readonly<Record<string, unknown>>;
  };
}

export interface LemonSqueezyEvents {
  [type: string]: LemonSqueezyEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'lemon-squeezy': LemonSqueezyEvents;
  }
}

/**
 * Lemon Squeezy signs the body alone and gives an event no id: equal bodies are one event. The event's name is
 * taken from the body, since nothing signs the header.
 */
const provider = defineProvider({
  name: 'lemon-squeezy',
  docs: 'https://docs.lemonsqueezy.com/help/webhooks/webhook-requests',
  schemes: [hmacScheme({ header: 'x-signature' })],
  deliveryId: [],
  type: [{ body: ['meta', 'event_name'] }],
  subject: [{ body: ['data', 'attributes', 'subscription_id'] }, { body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '3 retries: after 5, 25 and 125 s',
  samples: {
    order_created: { headers: headersOf('order_created'), body: order },
    subscription_cancelled: { headers: headersOf('subscription_cancelled'), body: subscription },
  },
});

export default provider;

/** Lemon Squeezy's events: `lemonSqueezy('order_created')`, `lemonSqueezy('subscription_*')`. */
export const lemonSqueezy = selectFrom(provider);

function headersOf(name: string) {
  return () => ({ 'x-event-name': name });
}

function order({ iso, number, uuid }: SampleSeed) {
  const id = String(number('order'));
  return {
    meta: { test_mode: true, event_name: 'order_created', custom_data: { user_id: '1815' } },
    data: {
      type: 'orders',
      id,
      attributes: {
        store_id: 4_207,
        customer_id: number('customer'),
        identifier: uuid('order'),
        order_number: 1_042,
        user_name: 'Ada Lovelace',
        user_email: 'ada@example.com',
        currency: 'EUR',
        subtotal: 4_118,
        tax: 782,
        total: 4_900,
        total_formatted: '€49.00',
        status: 'paid',
        refunded: false,
        refunded_at: null,
        first_order_item: {
          id: number('item'),
          product_name: 'Brass gear',
          variant_name: 'Default',
          price: 4_900,
        },
        created_at: iso,
        updated_at: iso,
        test_mode: true,
      },
      links: { self: `https://api.lemonsqueezy.com/v1/orders/${id}` },
    },
  };
}

function subscription({ iso, number }: SampleSeed) {
  const id = String(number('subscription'));
  return {
    meta: { test_mode: true, event_name: 'subscription_cancelled', custom_data: { user_id: '1815' } },
    data: {
      type: 'subscriptions',
      id,
      attributes: {
        store_id: 4_207,
        customer_id: number('customer'),
        order_id: number('order'),
        product_id: number('product'),
        variant_id: number('variant'),
        product_name: 'Engine maintenance',
        variant_name: 'Monthly',
        user_name: 'Ada Lovelace',
        user_email: 'ada@example.com',
        status: 'cancelled',
        status_formatted: 'Cancelled',
        card_brand: 'visa',
        card_last_four: '4242',
        pause: null,
        cancelled: true,
        trial_ends_at: null,
        renews_at: iso,
        ends_at: iso,
        created_at: '2026-01-14T09:30:00.000000Z',
        updated_at: iso,
        test_mode: true,
      },
      links: { self: `https://api.lemonsqueezy.com/v1/subscriptions/${id}` },
    },
  };
}
