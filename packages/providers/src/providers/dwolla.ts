import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened to which resource; `_links` say where it is. */
export interface DwollaPayload<Topic extends string = string> {
  readonly id: string;
  readonly resourceId: string;
  readonly topic: Topic;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly _links: Readonly<Record<string, { readonly href: string; readonly [field: string]: unknown }>>;
  readonly [field: string]: unknown;
}

export interface DwollaEvents {
  [topic: string]: DwollaPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    dwolla: DwollaEvents;
  }
}

/** Dwolla signs the body alone, with the secret that you gave the subscription. */
const provider = defineProvider({
  name: 'dwolla',
  docs: 'https://developers.dwolla.com/docs/working-with-webhooks',
  schemes: [hmacScheme({ header: 'x-request-signature-sha-256' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['topic'] }],
  subject: [{ body: ['resourceId'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; retries for up to 72 h',
  samples: {
    customer_created: {
      headers: headersOf('customer_created'),
      body: event('customer_created', 'customers'),
    },
    transfer_completed: {
      headers: headersOf('transfer_completed'),
      body: event('transfer_completed', 'transfers'),
    },
  },
});

export default provider;

/** Dwolla's events by topic: `dwolla('transfer_completed')`. */
export const dwolla = selectFrom(provider);

function headersOf(topic: string) {
  return () => ({ 'x-dwolla-topic': topic });
}

function event(topic: string, resource: string) {
  return ({ uuid, iso }: SampleSeed) => ({
    id: uuid('event'),
    resourceId: uuid('resource'),
    topic,
    timestamp: iso,
    created: iso,
    _links: {
      self: { href: `https://api-sandbox.dwolla.com/events/${uuid('event')}` },
      account: { href: `https://api-sandbox.dwolla.com/accounts/${uuid('account')}` },
      resource: { href: `https://api-sandbox.dwolla.com/${resource}/${uuid('resource')}` },
    },
  });
}
