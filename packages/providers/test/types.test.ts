import { describe, expect, it } from '@jest/globals';
import { defineHandler, type StandardSchema } from '@hookline/core';
import type Stripe from 'stripe';
import {
  github,
  gitlab,
  basicAuth,
  hmac,
  secretHeader,
  mailgun,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  twilio,
} from '../src/index.ts';

/** Fails to compile unless both types are the same. */
function same<Expected>() {
  return <Actual>(
    _value: Actual,
    ..._proof: (<T>() => T extends Expected ? 1 : 2) extends <T>() => T extends Actual ? 1 : 2 ? [] : [never]
  ): void => {};
}

declare const amountSchema: StandardSchema<unknown, { amount: number }>;

/** Compiled, never run: each `@ts-expect-error` is an error of the compiler when its line has none. */
export const compiled = () => [
  defineHandler({
    name: 'one-type',
    on: stripe('payment_intent.succeeded'),
    run(event, ctx) {
      same<Stripe.PaymentIntent>()(event.payload.data.object);
      same<'payment_intent.succeeded'>()(event.type);
      same<'stripe'>()(event.provider);
      same<number>()(ctx.attempt);
      // @ts-expect-error a payment intent has no such field
      return event.payload.data.object.amount_due;
    },
  }),
  defineHandler({
    name: 'pattern',
    on: stripe('invoice.*', 'charge.refunded'),
    run(event) {
      // @ts-expect-error not every type in the union has invoice fields
      void event.payload.data.object.amount_due;
      if (event.type === 'charge.refunded') return same<Stripe.Charge>()(event.payload.data.object);
      if (event.type === 'invoice.paid') return same<Stripe.Invoice>()(event.payload.data.object);
      // @ts-expect-error no pattern stands for this type
      return event.type === 'customer.created';
    },
  }),
  defineHandler({
    name: 'everything',
    on: stripe('*'),
    run: (event) => event.type === 'customer.created' && event.payload.data.object.email,
  }),
  defineHandler({
    name: 'thin',
    on: stripe('v2.core.account.updated'),
    run: (event) => same<string>()(event.payload.related_object.url),
  }),
  defineHandler({
    name: 'one-source',
    on: stripe.source('stripe-eu')('invoice.paid'),
    run: (event) => same<Stripe.Invoice>()(event.payload.data.object),
  }),
  defineHandler({
    name: 'plain-object',
    on: { provider: 'stripe', types: ['payment_intent.succeeded', 'payment_intent.canceled'] },
    delay: (event) => (event.type === 'payment_intent.canceled' ? '1m' : 0),
    run: (event) => same<Stripe.PaymentIntent>()(event.payload.data.object),
  }),
  defineHandler({
    name: 'schema',
    on: stripe('payment_intent.succeeded'),
    schema: amountSchema,
    run(event) {
      same<{ amount: number }>()(event.payload);
      same<'payment_intent.succeeded'>()(event.type);
      // @ts-expect-error the schema's output is all there is
      return event.payload.data;
    },
  }),
  defineHandler({
    name: 'action',
    on: github('issues.opened', 'push'),
    run: (event) => (event.type === 'push' ? event.payload.commits.length : event.payload.issue.title),
  }),
  defineHandler({
    name: 'bare-type',
    on: github('issues'),
    run(event) {
      same<string>()(event.payload.issue.title);
      if (event.type === 'issues.labeled') same<string | undefined>()(event.payload.label?.name);
      // @ts-expect-error a bare type stands for its own subtypes only
      return event.type === 'push';
    },
  }),
  defineHandler({
    name: 'underscores',
    on: github('pull_request.review_requested'),
    run: (event) => same<number>()(event.payload.number),
  }),
  defineHandler({
    name: 'topics',
    on: shopify('orders/*'),
    run(event) {
      same<`orders/${string}`>()(event.type);
      same<number | undefined>()(event.payload.id);
    },
  }),
  defineHandler({
    name: 'mentions',
    on: slack('app_mention'),
    run: (event) => same<string | undefined>()(event.payload.event.text),
  }),
  defineHandler({
    name: 'standard',
    on: standardWebhooks('user.created'),
    run(event) {
      same<string>()(event.payload.timestamp);
      // @ts-expect-error the envelope has no such field
      return event.payload.body;
    },
  }),

  defineHandler({
    name: 'unsigned-body',
    on: mailgun('delivered'),
    run: (event) => same<false>()(event.bodyTrusted),
  }),
  defineHandler({
    name: 'sometimes-signed-body',
    on: gitlab('push'),
    run: (event) => same<boolean>()(event.bodyTrusted),
  }),
  defineHandler({
    name: 'signed-body',
    on: twilio('message.*'),
    run: (event) => same<true>()(event.bodyTrusted),
  }),
  defineHandler({
    name: 'described-in-settings',
    on: hmac.source('acme')('order.created'),
    run: (event) => same<unknown>()(event.payload),
  }),
  defineHandler({
    name: 'described-in-settings-plainly',
    on: { provider: 'hmac', source: 'acme', types: ['order.*'] },
    run: (event) => same<unknown>()(event.payload),
  }),
  defineHandler({
    name: 'secret-in-a-header',
    on: secretHeader.source('telegram')('message'),
    run: (event) => same<false>()(event.bodyTrusted),
  }),
  defineHandler({
    name: 'user-and-password',
    on: basicAuth.source('acme')('*'),
    run: (event) => same<false>()(event.bodyTrusted),
  }),

  defineHandler({
    name: 'filtered',
    on: stripe('payment_intent.succeeded', 'payment_intent.canceled', {
      where: {
        livemode: true,
        'data.object.amount': { $gte: 100, $not: { $in: [5, 6] } },
        'data.object.currency': 'eur',
        'data.object.status': { $in: ['succeeded', 'canceled'] },
        'data.object.metadata.order': { $startsWith: 'ord_' },
        'data.object.payment_method_types': 'card',
        'data.object.payment_method_types.0': { $ne: 'sepa_debit' },
        'data.object.last_payment_error': { $exists: false },
        $or: [{ 'data.object.description': null }, { $not: { 'data.object.description': 'test' } }],
      },
    }),
    run(event) {
      if (event.type === 'payment_intent.canceled')
        return same<Stripe.PaymentIntent>()(event.payload.data.object);
      return same<'payment_intent.succeeded'>()(event.type);
    },
  }),
  defineHandler({
    name: 'filtered-elements',
    on: github('push', { where: { 'commits.author.name': 'ada', 'commits.0.distinct': true } }),
    run: (event) => same<number>()(event.payload.commits.length),
  }),
  defineHandler({
    name: 'filtered-of-one-source',
    on: stripe.source('stripe-eu')('*', { where: { 'data.object.object': 'invoice', livemode: true } }),
    run: (event) => event.id,
  }),
  defineHandler({
    name: 'filtered-in-one-of-several',
    on: stripe('invoice.paid', 'charge.refunded', { where: { 'data.object.amount_due': { $gt: 0 } } }),
    run: (event) => event.id,
  }),
  defineHandler({
    name: 'filtered-of-unknown-shape',
    on: hmac.source('acme')('order.created', { where: { 'anything.at.all': { $exists: true } } }),
    run: (event) => same<unknown>()(event.payload),
  }),
  defineHandler({
    name: 'filtered-plainly',
    on: {
      provider: 'stripe',
      types: ['invoice.paid'],
      where: { 'data.object.amount_due': { $gt: 0 }, livemode: true },
    },
    run: (event) => same<Stripe.Invoice>()(event.payload.data.object),
  }),
  defineHandler({
    name: 'filtered-plainly-at-a-wrong-path',
    // @ts-expect-error an invoice has no such field
    on: { provider: 'stripe', types: ['invoice.paid'], where: { 'data.object.amount_dew': 1 } },
    run: (event) => event.id,
  }),
  // @ts-expect-error an invoice has no such field
  stripe('invoice.paid', { where: { 'data.object.amount_dew': 1 } }),
  // @ts-expect-error the path goes on below a number
  stripe('invoice.paid', { where: { 'data.object.amount_due.cents': 1 } }),
  // @ts-expect-error an amount is a number
  stripe('invoice.paid', { where: { 'data.object.amount_due': '100' } }),
  // @ts-expect-error an amount is a number
  stripe('invoice.paid', { where: { 'data.object.amount_due': { $gt: '100' } } }),
  // @ts-expect-error what no invoice is
  stripe('invoice.paid', { where: { 'data.object.object': 'invoyce' } }),
  // @ts-expect-error what no invoice is
  stripe('invoice.paid', { where: { 'data.object.object': { $in: ['invoice', 'invoyce'] } } }),
  // @ts-expect-error an amount is a number, after a good condition too
  stripe('invoice.paid', { where: { 'data.object.amount_due': { $gt: 1, $lt: '100' } } }),
  // @ts-expect-error a number begins with nothing
  stripe('invoice.paid', { where: { 'data.object.amount_due': { $startsWith: '1' } } }),
  // @ts-expect-error no such operator
  stripe('invoice.paid', { where: { 'data.object.amount_due': { $above: 1 } } }),
  // @ts-expect-error an invoice has no such field, in an alternative either
  stripe('invoice.paid', { where: { $or: [{ livemode: true }, { 'data.object.amount_dew': 1 }] } }),
  // @ts-expect-error nor in what is ruled out
  stripe('invoice.paid', { where: { $not: { 'data.object.amount_dew': 1 } } }),
  // @ts-expect-error no such option
  stripe('invoice.paid', { were: { livemode: true } }),
  // @ts-expect-error an array's elements have no such field
  github('push', { where: { 'commits.autor': 'ada' } }),
  // @ts-expect-error a type that Stripe does not send, with a filter either
  stripe('payment_intent.succeded', { where: { livemode: true } }),

  // @ts-expect-error a type that Stripe does not send
  stripe('payment_intent.succeded'),
  // @ts-expect-error no type begins so
  stripe('nothing.*'),
  // @ts-expect-error a handler without types never runs
  stripe(),
  // @ts-expect-error only where a provider's bare types mean their subtypes
  stripe('invoice'),
  // @ts-expect-error a type that GitHub does not send
  github('issues.exploded'),
  defineHandler({
    name: 'wrong-type',
    // @ts-expect-error a type that Stripe does not send
    on: { provider: 'stripe', types: ['payment_intent.succeded'] },
    run: () => undefined,
  }),
  defineHandler({
    name: 'unknown-provider',
    // @ts-expect-error a provider that nobody described
    on: { provider: 'acme', types: ['x'] },
    run: () => undefined,
  }),
];

describe('types of events', () => {
  it('are checked by the compiler, and selectors are plain data', () => {
    expect(stripe.source('stripe-eu')('invoice.*')).toEqual({
      provider: 'stripe',
      types: ['invoice.*'],
      source: 'stripe-eu',
    });
    expect(github('issues').types).toEqual(['issues', 'issues.*']);
    expect(stripe('invoice.paid', 'invoice.voided', { where: { livemode: true } })).toEqual({
      provider: 'stripe',
      types: ['invoice.paid', 'invoice.voided'],
      where: { livemode: true },
    });
  });
});
