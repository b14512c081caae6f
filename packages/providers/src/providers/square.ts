import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Square's envelope. */
export interface SquarePayload {
  readonly merchant_id?: string;
  readonly type: string;
  readonly event_id: string;
  readonly created_at?: string;
  readonly data?: {
    readonly type: string;
    readonly id: string;
    readonly object?: Readonly<Record<string, unknown>>;
  };
  readonly [field: string]: unknown;
}

export interface SquareEvents {
  [type: string]: SquarePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    square: SquareEvents;
  }
}

/**
 * Square signs the notification address as it was registered, and the body behind it
 * (https://developer.squareup.com/docs/webhooks/step3validate).
 */
const provider = defineProvider({
  name: 'square',
  schemes: [
    hmacScheme({ header: 'x-square-hmacsha256-signature', encoding: 'base64', content: '{url}{body}' }),
  ],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ body: ['type'] }],
  subject: [
    { all: [{ body: ['merchant_id'] }, { body: ['data', 'id'] }], joinedBy: ':' },
    { body: ['merchant_id'] },
  ],
  secret: { prefix: '', encoding: 'base64' },
  delivery: '10 s; retries for about 24 h',
  samples: { 'payment.created': { body: payment }, 'order.created': { body: order } },
});

export default provider;

/** Square's events: `square('payment.created')`. */
export const square = selectFrom(provider);

function payment(seed: SampleSeed) {
  const object = {
    payment: { id: seed.unique, status: 'APPROVED', amount_money: { amount: 4_900, currency: 'EUR' } },
  };
  return envelope(seed, 'payment.created', { type: 'payment', id: seed.unique, object });
}

function order(seed: SampleSeed) {
  const object = { order_created: { order_id: seed.unique, state: 'OPEN', version: 1 } };
  return envelope(seed, 'order.created', { type: 'order_created', id: seed.unique, object });
}

function envelope({ uuid, iso }: SampleSeed, type: string, data: object) {
  return { merchant_id: 'MLEFBHHSJGVHD', type, event_id: uuid('event'), created_at: iso, data };
}
