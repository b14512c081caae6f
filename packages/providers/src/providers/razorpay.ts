import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Razorpay's events; `contains` lists the names in `payload`. */
export interface RazorpayEvent {
  readonly entity: 'event';
  readonly account_id: string;
  readonly event: string;
  readonly contains: readonly string[];
  readonly payload: {
    readonly [name: string]: { readonly entity: { readonly id?: string; readonly [field: string]: unknown } };
  };
  /** Seconds since the epoch. */
  readonly created_at: number;
}

export interface RazorpayEvents {
  [type: string]: RazorpayEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    razorpay: RazorpayEvents;
  }
}

/** Razorpay signs the body alone; a header, which it does not sign, has the event's id. */
const provider = defineProvider({
  name: 'razorpay',
  docs: 'https://razorpay.com/docs/webhooks/validate-test/',
  schemes: [hmacScheme({ header: 'x-razorpay-signature' })],
  deliveryId: [{ header: 'x-razorpay-event-id' }],
  type: [{ body: ['event'] }],
  subject: [
    { body: ['payload', 'subscription', 'entity', 'id'] },
    { body: ['payload', 'order', 'entity', 'id'] },
    { body: ['payload', 'payment', 'entity', 'id'] },
  ],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; retries for 24 h, then the webhook is switched off',
  samples: {
    'payment.captured': {
      headers,
      body: (seed) => event(seed, 'payment.captured', { payment: { entity: payment(seed) } }),
    },
    'refund.processed': {
      headers,
      body: (seed) =>
        event(seed, 'refund.processed', {
          refund: { entity: refund(seed) },
          payment: {
            entity: { ...payment(seed), status: 'refunded', amount_refunded: 490_000, refund_status: 'full' },
          },
        }),
    },
  },
});

export default provider;

/** Razorpay's events: `razorpay('payment.captured')`, `razorpay('refund.*')`. */
export const razorpay = selectFrom(provider);

function headers({ unique }: SampleSeed) {
  return { 'x-razorpay-event-id': `evt${unique}` };
}

function event({ seconds }: SampleSeed, type: string, payload: object) {
  return {
    entity: 'event',
    account_id: 'acc_EnginePartsIN',
    event: type,
    contains: Object.keys(payload),
    payload,
    created_at: seconds,
  };
}

function payment({ seconds, unique }: SampleSeed) {
  return {
    id: `pay_${unique}`,
    entity: 'payment',
    amount: 490_000,
    currency: 'INR',
    status: 'captured',
    order_id: `order_${unique}`,
    invoice_id: null,
    international: false,
    method: 'upi',
    amount_refunded: 0,
    refund_status: null,
    captured: true,
    description: 'Order 1042',
    card_id: null,
    bank: null,
    wallet: null,
    vpa: 'ada@example',
    email: 'ada@example.com',
    contact: '+910000000000',
    notes: { order_id: '1042' },
    fee: 11_564,
    tax: 1_764,
    error_code: null,
    error_description: null,
    created_at: seconds - 60,
  };
}

function refund({ seconds, unique }: SampleSeed) {
  return {
    id: `rfnd_${unique}`,
    entity: 'refund',
    amount: 490_000,
    currency: 'INR',
    payment_id: `pay_${unique}`,
    notes: [],
    receipt: null,
    acquirer_data: { rrn: null },
    batch_id: null,
    status: 'processed',
    speed_requested: 'normal',
    speed_processed: 'normal',
    created_at: seconds,
  };
}
