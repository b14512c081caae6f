import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { Locator, SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What every Shopify payload is: the resource itself, its fields as the shop's API version has them. */
export interface ShopifyResource {
  readonly id?: number;
  readonly admin_graphql_api_id?: string;
  readonly created_at?: string;
  readonly updated_at?: string;
  readonly [field: string]: unknown;
}

export interface ShopifyEvents {
  [topic: string]: ShopifyResource;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    shopify: ShopifyEvents;
  }
}

/**
 * Shopify signs the body alone with the app's client secret
 * (https://shopify.dev/docs/apps/build/webhooks/subscribe/https). The event id names what a
 * merchant did, and every delivery that follows from it has it, whatever its topic, its item and its shop: all of these
 * make one event. The webhook id names one delivery and is the same in its retries.
 */
const provider = defineProvider({
  name: 'shopify',
  schemes: [hmacScheme({ header: 'x-shopify-hmac-sha256', encoding: 'base64' })],
  deliveryId: [delivery('x-shopify-event-id'), delivery('x-shopify-webhook-id')],
  type: [{ header: 'x-shopify-topic' }],
  subject: [
    { all: [{ header: 'x-shopify-shop-domain' }, { body: ['id'] }], joinedBy: ':' },
    { header: 'x-shopify-shop-domain' },
  ],
  secret: { prefix: 'shpss_', encoding: 'hex' },
  samples: {
    'orders/create': { headers: headersOf('orders/create'), body: order },
    'app/uninstalled': { headers: headersOf('app/uninstalled'), body: shop },
  },
});

export default provider;

/** Shopify's events by topic: `shopify('orders/create')`, `shopify('orders/*')`. */
export const shopify = selectFrom(provider);

function delivery(header: string): Locator {
  return {
    all: [
      { header },
      { optional: { header: 'x-shopify-shop-domain' } },
      { optional: { header: 'x-shopify-topic' } },
      { digestOf: [] },
    ],
    joinedBy: ':',
  };
}

function headersOf(topic: string) {
  return ({ iso, uuid }: SampleSeed) => ({
    'x-shopify-topic': topic,
    'x-shopify-shop-domain': 'engine-parts.myshopify.com',
    'x-shopify-api-version': '2026-10',
    'x-shopify-webhook-id': uuid('webhook'),
    'x-shopify-event-id': uuid('event'),
    'x-shopify-triggered-at': iso,
  });
}

function order({ iso, number }: SampleSeed) {
  const id = number('order');
  return {
    id,
    admin_graphql_api_id: `gid://shopify/Order/${id}`,
    name: '#1042',
    order_number: 1042,
    email: 'ada@example.com',
    created_at: iso,
    updated_at: iso,
    currency: 'EUR',
    financial_status: 'paid',
    fulfillment_status: null,
    subtotal_price: '41.18',
    total_tax: '7.82',
    total_price: '49.00',
    customer: { id: number('customer'), email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' },
    line_items: [
      { id: number('line'), product_id: number('product'), title: 'Brass gear', quantity: 2, price: '20.59' },
    ],
    test: true,
  };
}

function shop({ iso, number }: SampleSeed) {
  return {
    id: number('shop'),
    name: 'Engine Parts',
    email: 'ada@example.com',
    domain: 'engine-parts.example.com',
    myshopify_domain: 'engine-parts.myshopify.com',
    country_code: 'GB',
    currency: 'EUR',
    plan_name: 'basic',
    created_at: iso,
    updated_at: iso,
  };
}
