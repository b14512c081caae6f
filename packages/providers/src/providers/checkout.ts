import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Checkout.com's events. */
export interface CheckoutEvent {
  readonly id: string;
  readonly type: string;
  readonly version?: string;
  /** ISO 8601; some types have it in `timestamp` instead. */
  readonly created_on?: string;
  readonly timestamp?: string;
  readonly data: {
    readonly id?: string;
    readonly action_id?: string;
    readonly reference?: string;
    /** In the currency's smallest unit. */
    readonly amount?: number;
    readonly currency?: string;
    readonly metadata?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
  readonly _links?: Readonly<Record<string, { readonly href: string }>>;
  readonly [field: string]: unknown;
}

export interface CheckoutEvents {
  [type: string]: CheckoutEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    checkout: CheckoutEvents;
  }
}

/** Checkout.com signs the body alone, with the signature key that you chose for the webhook. */
const provider = defineProvider({
  name: 'checkout',
  docs: 'https://www.checkout.com/docs/workflows',
  schemes: [hmacScheme({ header: 'cko-signature' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'payment_id'] }, { body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; 8 retries: after 5, 10, 15 and 30 min, 1 h, 4 h, 12 h and 12 h',
  samples: {
    payment_approved: {
      body: (seed) => ({
        ...event(seed, 'payment_approved', {
          ...payment(seed, 'approved'),
          auth_code: '643381',
          response_code: '10000',
          response_summary: 'Approved',
          '3ds': { version: '2.2.0', challenged: false },
          source: { id: `src_${seed.unique}`, type: 'card', scheme: 'VISA', last_4: '4242', bin: '424242' },
          customer: { id: `cus_${seed.unique}`, email: 'ada@example.com', name: 'Ada Lovelace' },
          balances: { total_authorized: 4_900, available_to_capture: 4_900, total_captured: 0 },
        }),
        created_on: seed.iso,
      }),
    },
    payment_captured: {
      body: (seed) => ({
        ...event(seed, 'payment_captured', {
          ...payment(seed, 'captured'),
          response_code: '10000',
          response_summary: 'Approved',
          balances: { total_authorized: 4_900, total_captured: 4_900, available_to_refund: 4_900 },
        }),
        timestamp: seed.iso,
      }),
    },
  },
});

export default provider;

/** Checkout.com's events: `checkout('payment_approved')`, `checkout('payment_*')`. */
export const checkout = selectFrom(provider);

function event({ unique }: SampleSeed, type: string, data: object) {
  const api = 'https://api.sandbox.checkout.com';
  return {
    id: `evt_${unique}`,
    type,
    version: '1.0.29',
    data,
    _links: {
      self: { href: `${api}/workflows/events/evt_${unique}` },
      payment: { href: `${api}/payments/pay_${unique}` },
    },
  };
}

function payment({ iso, unique }: SampleSeed, action: string) {
  return {
    id: `pay_${unique}`,
    action_id: `act_${action}_${unique}`,
    reference: 'ORDER-1042',
    amount: 4_900,
    currency: 'EUR',
    payment_type: 'Regular',
    processed_on: iso,
    metadata: { order_id: '1042' },
  };
}
