import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** An EventSub notification. */
export interface TwitchPayload {
  readonly subscription: {
    readonly id: string;
    readonly type: string;
    readonly status: string;
    readonly [field: string]: unknown;
  };
  readonly event?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface TwitchEvents {
  [type: string]: TwitchPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    twitch: TwitchEvents;
  }
}

/**
 * Twitch signs `{id}{timestamp}{body}` (https://dev.twitch.tv/docs/eventsub/handling-webhook-events) and first asks,
 * signed, for a challenge back. The end of a subscription is an event, `revocation.` and why.
 */
const provider = defineProvider({
  name: 'twitch',
  schemes: [
    hmacScheme({
      header: 'twitch-eventsub-message-signature',
      label: 'sha256',
      content: '{id}{timestamp}{body}',
      idHeader: 'twitch-eventsub-message-id',
      timestamp: { at: { header: 'twitch-eventsub-message-timestamp' }, unit: 'iso', toleranceSeconds: 600 },
    }),
  ],
  deliveryId: [{ signed: 'id' }],
  type: [
    {
      all: [
        { constant: 'revocation' },
        {
          in: { body: ['subscription', 'status'] },
          match: /^((?!enabled$|webhook_callback_verification).{1,100})$/,
        },
      ],
    },
    { body: ['subscription', 'type'] },
  ],
  handshakes: [
    {
      verified: true,
      when: [{ at: { body: ['subscription', 'status'] }, is: 'webhook_callback_verification_pending' }],
      answer: { kind: 'echo', of: { body: ['challenge'] } },
    },
  ],
  subject: [{ body: ['event', 'broadcaster_user_id'] }, { body: ['subscription', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'a few seconds; too many misses revoke the subscription',
  samples: {
    'channel.follow': { body: follow('enabled') },
    'revocation.authorization_revoked': { body: follow('authorization_revoked') },
  },
});

export default provider;

/** Twitch's events by subscription type: `twitch('channel.follow')`, `twitch('revocation.*')`. */
export const twitch = selectFrom(provider);

function follow(status: string) {
  return ({ uuid, iso }: SampleSeed) => ({
    subscription: {
      id: uuid('subscription'),
      type: 'channel.follow',
      version: '2',
      status,
      cost: 0,
      condition: { broadcaster_user_id: '1337', moderator_user_id: '1337' },
      transport: { method: 'webhook', callback: 'https://example.com/webhooks/twitch' },
      created_at: iso,
    },
    ...(status === 'enabled'
      ? { event: { user_id: '1234', user_login: 'ada', broadcaster_user_id: '1337', followed_at: iso } }
      : {}),
  });
}
