import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened to which object: fetch the object for its fields. */
export interface RecurlyPayload {
  readonly id: string;
  readonly object_type: string;
  readonly site_id: string;
  readonly event_type: string;
  /** ISO 8601. */
  readonly event_time: string;
  readonly [field: string]: unknown;
}

export interface RecurlyEvents {
  [type: string]: RecurlyPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    recurly: RecurlyEvents;
  }
}

/**
 * Recurly's JSON webhooks sign `{timestamp}.{body}`; the header lists the timestamp, in milliseconds, and then the
 * signatures, without labels. Its XML webhooks are not signed. `id` is the object's, not the event's.
 */
const provider = defineProvider({
  name: 'recurly',
  docs: 'https://docs.recurly.com/recurly-subscriptions/docs/signature-verification',
  schemes: [
    hmacScheme({
      header: 'recurly-signature',
      itemSeparator: ',',
      content: '{timestamp}.{body}',
      timestamp: { at: { item: 0 }, unit: 'ms', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [
    {
      all: [
        { body: ['object_type'] },
        { body: ['id'] },
        { body: ['event_type'] },
        { body: ['event_time'] },
        { optional: { body: ['site_id'] } },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ all: [{ body: ['object_type'] }, { body: ['event_type'] }] }],
  subject: [{ body: ['uuid'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; up to 10 retries, further and further apart',
  samples: {
    'account.created': {
      body: (seed) => ({ ...event(seed, 'account', 'created'), account_code: 'ada' }),
    },
    'subscription.canceled': {
      body: (seed) => ({
        ...event(seed, 'subscription', 'canceled'),
        uuid: seed.uuid('subscription').replaceAll('-', ''),
      }),
    },
  },
});

export default provider;

/** Recurly's events by object and event: `recurly('account.created')`, `recurly('subscription.*')`. */
export const recurly = selectFrom(provider);

function event({ unique, iso }: SampleSeed, objectType: string, eventType: string) {
  return {
    id: unique.toLowerCase(),
    object_type: objectType,
    site_id: 'qmill1842abc',
    event_type: eventType,
    event_time: `${iso.slice(0, 19)}Z`,
  };
}
