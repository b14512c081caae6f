import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** A next-generation event; a classic one has no more than an id. */
export interface MolliePayload {
  readonly resource?: string;
  readonly id: string;
  readonly type?: string;
  readonly entityId?: string;
  readonly createdAt?: string;
  readonly [field: string]: unknown;
}

export interface MollieEvents {
  [type: string]: MolliePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    mollie: MollieEvents;
  }
  interface UntrustedBodies {
    mollie: boolean;
  }
}

/**
 * Mollie's next-generation webhooks sign the body alone (https://docs.mollie.com/reference/webhooks-new). Its classic
 * ones are not signed and say only which object to fetch: give such an address a `?token=…` of your own, and the same
 * token to the source's secrets, as `token:…`. One object changes many times, so each request is an event.
 */
const provider = defineProvider({
  name: 'mollie',
  schemes: [
    hmacScheme({ header: 'x-mollie-signature', label: 'sha256' }),
    { kind: 'shared-secret', secrets: 'tokens', signatures: [{ query: 'token' }] },
  ],
  deliveryId: [{ body: ['id'] }],
  repeats: true,
  type: [{ body: ['type'] }, { in: { form: 'id' }, match: /^([a-z]{1,20})_/ }],
  form: 'fields',
  subject: [{ form: 'id' }, { body: ['entityId'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '15 s; 10 retries over 26 h',
  samples: {
    'payment-link.paid': { body: event('payment-link.paid') },
    'sales-invoice.paid': { body: event('sales-invoice.paid') },
  },
});

export default provider;

/** Mollie's events by type, classic ones by the kind of their id: `mollie('payment-link.paid')`, `mollie('tr')`. */
export const mollie = selectFrom(provider);

function event(type: string) {
  return ({ unique, iso }: SampleSeed) => ({
    resource: 'event',
    id: `event_${unique}`,
    type,
    entityId: `pl_${unique}`,
    createdAt: iso,
    _embedded: { entity: { id: `pl_${unique}`, mode: 'test', amount: { value: '49.00', currency: 'EUR' } } },
  });
}
