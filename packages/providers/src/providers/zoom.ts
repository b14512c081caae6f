import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Zoom's envelope. */
export interface ZoomPayload {
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly event_ts?: number;
  readonly payload?: { readonly account_id?: string; readonly object?: Readonly<Record<string, unknown>> };
  readonly [field: string]: unknown;
}

export interface ZoomEvents {
  [type: string]: ZoomPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    zoom: ZoomEvents;
  }
}

/**
 * Zoom signs `v0:{timestamp}:{body}` with the app's secret token and asks, signed, every 72 hours for proof of it
 * (https://developers.zoom.us/docs/api/webhooks/). A token with a `:` in it could be a signed message of somebody
 * else's: no proof is given for one. An event has no id, and two people may join one meeting in one millisecond.
 */
const provider = defineProvider({
  name: 'zoom',
  schemes: [
    hmacScheme({
      header: 'x-zm-signature',
      label: 'v0',
      content: 'v0:{timestamp}:{body}',
      timestamp: { at: { header: 'x-zm-request-timestamp' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [
    {
      all: [{ body: ['event'] }, { body: ['event_ts'] }, { digestOf: ['payload'] }],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['event'] }],
  handshakes: [
    {
      verified: true,
      when: [{ at: { body: ['event'] }, is: 'endpoint.url_validation' }],
      answer: {
        kind: 'proof',
        of: { body: ['payload', 'plainToken'] },
        hash: 'sha256',
        encoding: 'hex',
        json: { text: 'plainToken', proof: 'encryptedToken' },
      },
    },
  ],
  subject: [
    { all: [{ body: ['payload', 'account_id'] }, { body: ['payload', 'object', 'id'] }], joinedBy: ':' },
    { body: ['payload', 'account_id'] },
  ],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '3 s; retries after 5, 20 and 60 min',
  samples: {
    'meeting.started': { body: meeting('meeting.started') },
    'meeting.ended': { body: meeting('meeting.ended') },
  },
});

export default provider;

/** Zoom's events: `zoom('meeting.started')`, `zoom('recording.*')`. */
export const zoom = selectFrom(provider);

function meeting(event: string) {
  return ({ uuid, number, seconds, iso }: SampleSeed) => ({
    event,
    event_ts: seconds * 1_000,
    payload: {
      account_id: 'EPeQtiABC000VYxHMA',
      object: {
        uuid: uuid('meeting'),
        id: String(number('meeting')),
        host_id: 'x1yCzABCDEfg23HiJKl4mN',
        topic: 'On the Analytical Engine',
        type: 2,
        start_time: iso,
        timezone: 'UTC',
        duration: 60,
      },
    },
  });
}
