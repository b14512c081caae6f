import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One of the events in a request of the LINE Platform. */
export interface LineEvent {
  readonly type: string;
  readonly webhookEventId: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly mode: 'active' | 'standby';
  readonly deliveryContext: { readonly isRedelivery: boolean };
  readonly source?: {
    readonly type: string;
    readonly userId?: string;
    readonly groupId?: string;
    readonly roomId?: string;
  };
  readonly replyToken?: string;
  readonly message?: { readonly id: string; readonly type: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface LineEvents {
  [type: string]: LineEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    line: LineEvents;
  }
}

/**
 * LINE signs the body with the channel's secret and sends its events in lists. The console's "Verify" sends a
 * signed list without any: it holds no event, and is answered as every batch is.
 */
const provider = defineProvider({
  name: 'line',
  docs: 'https://developers.line.biz/en/docs/messaging-api/receiving-messages',
  schemes: [hmacScheme({ header: 'x-line-signature', encoding: 'base64' })],
  deliveryId: [{ body: ['webhookEventId'] }],
  type: [{ body: ['type'] }],
  batch: { list: ['events'] },
  subject: [{ body: ['source', 'groupId'] }, { body: ['source', 'userId'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '2 s; sent again only where redelivery is switched on for the channel',
  samples: {
    message: {
      body: (seed) =>
        request(seed, {
          type: 'message',
          message: {
            id: String(seed.number('message')),
            type: 'text',
            quoteToken: `q${seed.unique}`,
            text: 'Is the mill running?',
          },
          replyToken: `reply${seed.unique}`,
        }),
    },
    follow: {
      body: (seed) =>
        request(seed, { type: 'follow', follow: { isUnblocked: false }, replyToken: `reply${seed.unique}` }),
    },
  },
});

export default provider;

/** LINE's events: `line('message')`, `line('follow', 'unfollow')`. */
export const line = selectFrom(provider);

function request({ iso, unique }: SampleSeed, event: object) {
  return {
    destination: 'U00000000000000000000000000engine',
    events: [
      {
        ...event,
        webhookEventId: `01${unique}`,
        deliveryContext: { isRedelivery: false },
        timestamp: Date.parse(iso),
        source: { type: 'user', userId: 'U000000000000000000000000000000ada' },
        mode: 'active',
      },
    ],
  };
}
