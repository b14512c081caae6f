import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened to a message or a person. */
export interface CustomerIoPayload {
  readonly event_id: string;
  readonly object_type: string;
  readonly metric: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly data: {
    readonly customer_id?: string;
    readonly identifiers?: Readonly<Record<string, unknown>>;
    readonly delivery_id?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface CustomerIoEvents {
  [type: string]: CustomerIoPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'customer-io': CustomerIoEvents;
  }
}

/** Customer.io's reporting webhooks sign `v0:{timestamp}:{body}`. */
const provider = defineProvider({
  name: 'customer-io',
  docs: 'https://docs.customer.io/integrations/api/webhooks',
  schemes: [
    hmacScheme({
      header: 'x-cio-signature',
      content: 'v0:{timestamp}:{body}',
      timestamp: { at: { header: 'x-cio-timestamp' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ all: [{ body: ['object_type'] }, { body: ['metric'] }] }],
  subject: [{ body: ['data', 'customer_id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '4 s; retries for 7 days, and what comes later waits for them',
  samples: {
    'email.delivered': { body: (seed) => event(seed, 'delivered') },
    'email.clicked': {
      body: (seed) => event(seed, 'clicked', { href: 'https://example.com/mill', link_id: 1 }),
    },
  },
});

export default provider;

/** Customer.io's events by object and metric: `customerIo('email.clicked')`, `customerIo('email.*')`. */
export const customerIo = selectFrom(provider);

function event({ unique, seconds, number }: SampleSeed, metric: string, more: object = {}) {
  return {
    event_id: `01${unique.toUpperCase()}`,
    object_type: 'email',
    metric,
    timestamp: seconds,
    data: {
      customer_id: 'ada',
      identifiers: { id: 'ada', email: 'ada@example.com', cio_id: 'd9c106000001' },
      delivery_id: unique,
      campaign_id: number('campaign'),
      action_id: number('action'),
      recipient: 'ada@example.com',
      subject: 'Your mill is ready',
      ...more,
    },
  };
}
