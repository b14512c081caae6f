import type Stripe from 'stripe';
import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Stripe's events by type, as its own package types them; thin ones (`v1.…`, `v2.…`) name an object to fetch. */
export type StripeEvents = {
  [E in Stripe.Event as E['type']]: E;
} & {
  [N in Stripe.V2.Core.EventNotification as N['type']]: Omit<N, 'fetchEvent' | 'fetchRelatedObject'>;
};

declare module '@hookline/core' {
  interface ProviderEvents {
    stripe: StripeEvents;
  }
}

/**
 * Stripe signs `{timestamp}.{body}` and keys the HMAC with the whole `whsec_…` text
 * (https://docs.stripe.com/webhooks/signature). Its SDKs accept any time in the future; here the tolerance holds
 * both ways.
 */
const provider = defineProvider({
  name: 'stripe',
  schemes: [
    hmacScheme({
      header: 'stripe-signature',
      itemSeparator: ',',
      label: 'v1',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  subject: [
    { body: ['data', 'object', 'customer'] },
    { body: ['data', 'object', 'id'] },
    { body: ['related_object', 'id'] },
  ],
  secret: { prefix: 'whsec_', encoding: 'hex' },
  samples: {
    'payment_intent.succeeded': {
      body: (seed) => event(seed, 'payment_intent.succeeded', paymentIntent(seed)),
    },
    'invoice.paid': { body: (seed) => event(seed, 'invoice.paid', invoice(seed)) },
    'charge.refunded': {
      body: (seed) => event(seed, 'charge.refunded', charge(seed), { amount_refunded: 0, refunded: false }),
    },
    'customer.subscription.deleted': {
      body: (seed) => event(seed, 'customer.subscription.deleted', subscription(seed)),
    },
  },
});

export default provider;

/** Stripe's events: `stripe('invoice.paid')`, `stripe('invoice.*', 'charge.refunded')`. */
export const stripe = selectFrom(provider);

function event(
  { unique, seconds, uuid }: SampleSeed,
  type: string,
  object: object,
  previousAttributes?: object,
) {
  return {
    id: `evt_${unique}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: seconds,
    data: {
      object,
      ...(previousAttributes === undefined ? {} : { previous_attributes: previousAttributes }),
    },
    livemode: false,
    pending_webhooks: 1,
    request: { id: `req_${unique}`, idempotency_key: uuid('request') },
    type,
  };
}

function paymentIntent({ unique, seconds }: SampleSeed) {
  return {
    id: `pi_${unique}`,
    object: 'payment_intent',
    amount: 4_900,
    amount_capturable: 0,
    amount_received: 4_900,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    confirmation_method: 'automatic',
    created: seconds - 4,
    currency: 'eur',
    customer: `cus_${unique}`,
    description: 'Order 1042',
    last_payment_error: null,
    latest_charge: `ch_${unique}`,
    livemode: false,
    metadata: { order_id: '1042' },
    payment_method: `pm_${unique}`,
    payment_method_types: ['card'],
    receipt_email: 'ada@example.com',
    shipping: null,
    statement_descriptor: null,
    status: 'succeeded',
  };
}

function invoice({ unique, seconds }: SampleSeed) {
  return {
    id: `in_${unique}`,
    object: 'invoice',
    amount_due: 1_900,
    amount_paid: 1_900,
    amount_remaining: 0,
    attempt_count: 1,
    attempted: true,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: seconds - 3_600,
    currency: 'eur',
    customer: `cus_${unique}`,
    customer_email: 'ada@example.com',
    customer_name: 'Ada Lovelace',
    hosted_invoice_url: `https://invoice.stripe.com/i/${unique}`,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/invoices/in_${unique}/lines` },
    livemode: false,
    metadata: {},
    number: 'A1B2C3D4-0007',
    parent: {
      type: 'subscription_details',
      quote_details: null,
      subscription_details: { metadata: {}, subscription: `sub_${unique}` },
    },
    period_start: seconds - 2_592_000,
    period_end: seconds,
    status: 'paid',
    status_transitions: {
      finalized_at: seconds - 60,
      marked_uncollectible_at: null,
      paid_at: seconds,
      voided_at: null,
    },
    subtotal: 1_900,
    total: 1_900,
  };
}

function charge({ unique, seconds }: SampleSeed) {
  return {
    id: `ch_${unique}`,
    object: 'charge',
    amount: 4_900,
    amount_captured: 4_900,
    amount_refunded: 4_900,
    balance_transaction: `txn_${unique}`,
    billing_details: { address: null, email: 'ada@example.com', name: 'Ada Lovelace', phone: null },
    captured: true,
    created: seconds - 86_400,
    currency: 'eur',
    customer: `cus_${unique}`,
    disputed: false,
    livemode: false,
    metadata: { order_id: '1042' },
    paid: true,
    payment_intent: `pi_${unique}`,
    payment_method: `pm_${unique}`,
    receipt_email: 'ada@example.com',
    refunded: true,
    status: 'succeeded',
  };
}

function subscription({ unique, seconds }: SampleSeed) {
  return {
    id: `sub_${unique}`,
    object: 'subscription',
    cancel_at_period_end: false,
    canceled_at: seconds,
    cancellation_details: { comment: null, feedback: 'unused', reason: 'cancellation_requested' },
    collection_method: 'charge_automatically',
    created: seconds - 7_776_000,
    currency: 'eur',
    customer: `cus_${unique}`,
    ended_at: seconds,
    items: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/subscription_items?subscription=sub_${unique}`,
    },
    latest_invoice: `in_${unique}`,
    livemode: false,
    metadata: {},
    start_date: seconds - 7_776_000,
    status: 'canceled',
  };
}
