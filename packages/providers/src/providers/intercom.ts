import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Intercom's envelope. */
export interface IntercomPayload {
  readonly type: 'notification_event';
  readonly app_id?: string;
  readonly id?: string;
  readonly topic: string;
  /** Seconds since the epoch. */
  readonly created_at?: number;
  readonly data?: { readonly type: string; readonly item: Readonly<Record<string, unknown>> };
  readonly [field: string]: unknown;
}

export interface IntercomEvents {
  [type: string]: IntercomPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    intercom: IntercomEvents;
  }
}

/**
 * Intercom signs the body alone, with SHA-1 and the app's client secret
 * (https://developers.intercom.com/docs/webhooks/setting-up-webhooks), and probes a new address with HEAD.
 */
const provider = defineProvider({
  name: 'intercom',
  schemes: [hmacScheme({ header: 'x-hub-signature', hash: 'sha1', label: 'sha1' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['topic'] }],
  handshakes: [
    { method: 'HEAD', verified: false, answer: { kind: 'fixed', ack: { status: 200, body: '' } } },
  ],
  subject: [{ body: ['data', 'item', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; one retry after a minute',
  samples: {
    'conversation.user.created': { body: notification('conversation.user.created') },
    ping: { body: notification('ping') },
  },
});

export default provider;

/** Intercom's events by topic: `intercom('conversation.*')`. */
export const intercom = selectFrom(provider);

function notification(topic: string) {
  return ({ unique, seconds, number }: SampleSeed) => ({
    type: 'notification_event',
    app_id: 'mill1842',
    id: `notif_${unique}`,
    topic,
    created_at: seconds,
    delivery_attempts: 1,
    data: {
      type: 'notification_event_data',
      item:
        topic === 'ping'
          ? { type: 'ping', message: 'something something interzen' }
          : { type: 'conversation', id: String(number('conversation')), created_at: seconds, open: true },
    },
  });
}
