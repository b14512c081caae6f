import { randomBytes } from 'node:crypto';
import Stripe from 'stripe';

export const STRIPE_SECRET = 'whsec_e2e_first';
const stripe = new Stripe('sk_test_not_used');

export interface SignedRequest {
  readonly id: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** A Stripe event, signed by Stripe's own SDK. */
export function stripeEvent(
  options: { id?: string; type?: string; secret?: string; timestamp?: number } = {},
): SignedRequest {
  const id = options.id ?? `evt_${randomBytes(8).toString('hex')}`;
  const body = JSON.stringify({
    id,
    object: 'event',
    type: options.type ?? 'payment_intent.succeeded',
    data: { object: { amount: 4_900 } },
  });
  return { id, body, headers: signature(body, options) };
}

export function signature(
  body: string,
  options: { secret?: string; timestamp?: number } = {},
): Record<string, string> {
  const header = stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret: options.secret ?? STRIPE_SECRET,
    ...(options.timestamp === undefined ? {} : { timestamp: options.timestamp }),
  });
  return { 'content-type': 'application/json', 'stripe-signature': header };
}

export interface Answer {
  readonly status: number;
  readonly body: { received?: boolean; id?: string; duplicate?: boolean; error?: string; reason?: string };
  readonly retryAfter: string | null;
  readonly ms: number;
}

export async function post(
  url: string,
  request: { body: string; headers: Record<string, string> },
): Promise<Answer> {
  const asked = performance.now();
  const response = await fetch(`${url}/webhooks/stripe`, { method: 'POST', ...request });
  const body = (await response.json()) as Answer['body'];
  return {
    status: response.status,
    body,
    retryAfter: response.headers.get('retry-after'),
    ms: performance.now() - asked,
  };
}
