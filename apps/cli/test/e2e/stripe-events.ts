import type { Provider } from '@hookline/core';
import { providers } from '@hookline/providers';
import Stripe from '@hookline/test-sdks/stripe';
import { randomBytes } from 'node:crypto';
import { post as send, type Answer as SendAnswer, type Posted } from '../../src/send/post.ts';
import { sampleRequest } from '../../src/send/sample-request.ts';

export const STRIPE_SECRET = 'whsec_e2e_first';
const stripe = new Stripe('sk_test_not_used');

export interface SignedRequest {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
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

/** A Stripe event of our own sender's, for tests that ask what becomes of it. */
export function stripeSample(): SignedRequest {
  const provider = stripeProvider();
  const endpoint = { provider, secrets: [STRIPE_SECRET], signedUrl: '/' };
  const { headers, body } = sampleRequest(endpoint, { type: 'payment_intent.succeeded' }, Date.now());
  const { deliveryId = '' } = provider.identify({ method: 'POST', url: '/', headers, body });
  return { id: deliveryId, body: body.toString(), headers };
}

export interface Answer extends SendAnswer {
  readonly body: { received?: boolean; id?: string; duplicate?: boolean; error?: string; reason?: string };
}

export async function post(url: string, request: Posted): Promise<Answer> {
  const answer = await send(`${url}/webhooks/stripe`, request);
  return { ...answer, body: answer.body as Answer['body'] };
}

function stripeProvider(): Provider {
  const provider = providers.get('stripe');
  if (provider === undefined) throw new Error('there is no Stripe');
  return provider;
}
