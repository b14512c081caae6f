import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The resource itself as the shop's REST API has it; of what was deleted, the id alone. */
export interface WooCommerceResource {
  readonly id?: number;
  readonly status?: string;
  readonly date_created_gmt?: string;
  readonly date_modified_gmt?: string;
  readonly [field: string]: unknown;
}

export interface WooCommerceEvents {
  [topic: string]: WooCommerceResource;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    woocommerce: WooCommerceEvents;
  }
}

/**
 * WooCommerce signs the body alone. Its delivery id is made from the webhook's id and the second, so two orders of one
 * second share it, and so do two changes of one order: the body tells them apart. A new webhook is announced by an unsigned form that must be
 * answered with 200.
 */
const provider = defineProvider({
  name: 'woocommerce',
  docs: 'https://woocommerce.com/document/webhooks/',
  schemes: [hmacScheme({ header: 'x-wc-webhook-signature', encoding: 'base64' })],
  deliveryId: [
    {
      all: [
        { header: 'x-wc-webhook-delivery-id' },
        { optional: { header: 'x-wc-webhook-topic' } },
        { digestOf: [] },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ header: 'x-wc-webhook-topic' }],
  handshakes: [
    {
      verified: false,
      when: [{ at: 'body', matches: /^webhook_id=\d{1,20}$/ }],
      answer: { kind: 'fixed', ack: { status: 200, body: '' } },
    },
  ],
  subject: [
    { all: [{ header: 'x-wc-webhook-source' }, { body: ['id'] }], joinedBy: '.' },
    { header: 'x-wc-webhook-source' },
  ],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'no retries; a webhook is disabled after more than 5 failures in a row',
  samples: {
    'order.created': { headers: headersOf('order.created'), body: order },
    'product.updated': { headers: headersOf('product.updated'), body: product },
  },
});

export default provider;

/** WooCommerce's events by topic: `woocommerce('order.created')`, `woocommerce('order.*')`. */
export const woocommerce = selectFrom(provider);

function headersOf(topic: string) {
  const [resource = '', event = ''] = topic.split('.');
  return ({ uuid, number }: SampleSeed) => ({
    'x-wc-webhook-source': 'https://engine-parts.example.com/',
    'x-wc-webhook-topic': topic,
    'x-wc-webhook-resource': resource,
    'x-wc-webhook-event': event,
    'x-wc-webhook-id': String(number('webhook')),
    'x-wc-webhook-delivery-id': uuid('delivery').replaceAll('-', ''),
  });
}

function order({ number, iso }: SampleSeed) {
  const address = { first_name: 'Ada', last_name: 'Lovelace', city: 'London', country: 'GB' };
  return {
    id: number('order'),
    number: String(number('order')),
    status: 'processing',
    currency: 'EUR',
    date_created_gmt: iso.slice(0, 19),
    date_modified_gmt: iso.slice(0, 19),
    total: '49.00',
    total_tax: '7.82',
    customer_id: number('customer'),
    billing: { ...address, email: 'ada@example.com' },
    shipping: address,
    payment_method: 'stripe',
    line_items: [
      { id: number('line'), name: 'Brass gear', product_id: number('product'), quantity: 2, total: '41.18' },
    ],
  };
}

function product({ number, iso }: SampleSeed) {
  return {
    id: number('product'),
    name: 'Brass gear',
    slug: 'brass-gear',
    type: 'simple',
    status: 'publish',
    sku: 'GEAR-20',
    regular_price: '20.59',
    stock_quantity: 12,
    stock_status: 'instock',
    date_modified_gmt: iso.slice(0, 19),
  };
}
