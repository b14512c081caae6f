import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Paddle Billing's events; `data` is the whole entity. */
export interface PaddleEvent {
  readonly event_id: string;
  readonly event_type: string;
  /** ISO 8601. */
  readonly occurred_at: string;
  /** One delivery of the event: another destination has another. */
  readonly notification_id: string;
  readonly data: { readonly id?: string; readonly status?: string; readonly [field: string]: unknown };
}

export interface PaddleEvents {
  [type: string]: PaddleEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    paddle: PaddleEvents;
  }
}

/**
 * Paddle Billing signs `{timestamp}:{body}`, with several `h1` while a secret is being rotated. Five seconds are
 * what its SDKs accept; they hold for the past only there, and both ways here.
 */
const provider = defineProvider({
  name: 'paddle',
  docs: 'https://developer.paddle.com/webhooks/about/respond-to-webhooks',
  schemes: [
    hmacScheme({
      header: 'paddle-signature',
      itemSeparator: ';',
      label: 'h1',
      content: '{timestamp}:{body}',
      timestamp: { at: { label: 'ts' }, unit: 's', toleranceSeconds: 5 },
    }),
  ],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ body: ['event_type'] }],
  subject: [
    { body: ['data', 'subscription_id'] },
    { body: ['data', 'customer_id'] },
    { body: ['data', 'id'] },
  ],
  secret: { prefix: 'pdl_ntfset_', encoding: 'hex' },
  delivery: '5 s; up to 60 retries over 3 days, in the sandbox 3 over 15 min',
  samples: {
    'transaction.completed': { body: (seed) => event(seed, 'transaction.completed', transaction(seed)) },
    'subscription.canceled': { body: (seed) => event(seed, 'subscription.canceled', subscription(seed)) },
  },
});

export default provider;

/** Paddle's events: `paddle('transaction.completed')`, `paddle('subscription.*')`. */
export const paddle = selectFrom(provider);

function event({ iso, unique }: SampleSeed, type: string, data: object) {
  return {
    event_id: `evt_${unique}`,
    event_type: type,
    occurred_at: iso,
    notification_id: `ntf_${unique}`,
    data,
  };
}

function price({ unique }: SampleSeed) {
  return {
    id: `pri_${unique}`,
    product_id: `pro_${unique}`,
    type: 'standard',
    name: 'Monthly',
    description: 'Engine maintenance, by the month',
    billing_cycle: { interval: 'month', frequency: 1 },
    trial_period: null,
    tax_mode: 'account_setting',
    unit_price: { amount: '4118', currency_code: 'EUR' },
    unit_price_overrides: [],
    quantity: { minimum: 1, maximum: 10 },
    status: 'active',
    custom_data: null,
  };
}

function transaction(seed: SampleSeed) {
  const { iso, unique, uuid } = seed;
  const totals = { subtotal: '4118', discount: '0', tax: '782', total: '4900' };
  return {
    id: `txn_${unique}`,
    status: 'completed',
    customer_id: `ctm_${unique}`,
    address_id: `add_${unique}`,
    business_id: null,
    subscription_id: `sub_${unique}`,
    invoice_id: `inv_${unique}`,
    invoice_number: '325-10042',
    origin: 'web',
    collection_mode: 'automatic',
    currency_code: 'EUR',
    custom_data: { order_id: '1042' },
    items: [{ price: price(seed), quantity: 1, proration: null }],
    details: {
      tax_rates_used: [{ tax_rate: '0.19', totals }],
      totals: { ...totals, grand_total: '4900', balance: '0', credit: '0', currency_code: 'EUR' },
      line_items: [
        { id: `txnitm_${unique}`, price_id: `pri_${unique}`, quantity: 1, tax_rate: '0.19', totals },
      ],
    },
    payments: [
      {
        payment_attempt_id: uuid('attempt'),
        payment_method_id: `paymtd_${unique}`,
        amount: '4900',
        status: 'captured',
        error_code: null,
        method_details: { type: 'card', card: { type: 'visa', last4: '4242' } },
        created_at: iso,
        captured_at: iso,
      },
    ],
    checkout: { url: null },
    billed_at: iso,
    created_at: iso,
    updated_at: iso,
  };
}

function subscription(seed: SampleSeed) {
  const { iso, unique } = seed;
  const start = '2026-01-14T09:30:00.000Z';
  return {
    id: `sub_${unique}`,
    status: 'canceled',
    customer_id: `ctm_${unique}`,
    address_id: `add_${unique}`,
    business_id: null,
    currency_code: 'EUR',
    collection_mode: 'automatic',
    billing_details: null,
    billing_cycle: { interval: 'month', frequency: 1 },
    current_billing_period: null,
    next_billed_at: null,
    paused_at: null,
    scheduled_change: null,
    discount: null,
    items: [
      {
        status: 'inactive',
        price: price(seed),
        quantity: 1,
        recurring: true,
        trial_dates: null,
        previously_billed_at: start,
        next_billed_at: null,
        created_at: start,
        updated_at: iso,
      },
    ],
    custom_data: null,
    started_at: start,
    first_billed_at: start,
    canceled_at: iso,
    created_at: start,
    updated_at: iso,
  };
}
