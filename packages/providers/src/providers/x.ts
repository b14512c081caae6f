import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened for one account, under the name of its kind. */
export interface XPayload {
  readonly for_user_id?: string;
  readonly [kind: string]: unknown;
}

export interface XEvents {
  [type: string]: XPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    x: XEvents;
  }
}

/**
 * X signs the body alone and asks, unsigned, every hour for proof over a token
 * (https://docs.x.com/x-api/webhooks/introduction). A token that could be a body would make that proof a signature: only
 * objects are accepted as bodies, and no token begins one.
 */
const provider = defineProvider({
  name: 'x',
  schemes: [
    hmacScheme({
      header: 'x-twitter-webhooks-signature',
      encoding: 'base64',
      label: 'sha256',
      requires: [{ at: 'body', matches: /^\s*\{/ }],
    }),
  ],
  deliveryId: [],
  type: [{ nameIn: [], except: ['for_user_id', 'user_has_blocked', 'apps'] }],
  handshakes: [
    {
      method: 'GET',
      verified: false,
      answer: {
        kind: 'proof',
        of: { query: 'crc_token' },
        hash: 'sha256',
        encoding: 'base64',
        json: { proof: 'response_token', prefix: 'sha256=' },
      },
    },
  ],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '3 s; 3 retries in 5 min',
  samples: { tweet_create_events: { body: post }, follow_events: { body: follow } },
});

export default provider;

/** X's events by their name in the body: `x('tweet_create_events')`. */
export const x = selectFrom(provider);

function post({ number, seconds }: SampleSeed) {
  const id = number('post');
  const user = { id_str: '2244994945', screen_name: 'ada', name: 'Ada Lovelace' };
  return {
    for_user_id: '2244994945',
    tweet_create_events: [
      {
        created_at: new Date(seconds * 1_000).toUTCString(),
        id_str: String(id),
        text: 'The mill runs',
        user,
      },
    ],
  };
}

function follow({ number, seconds }: SampleSeed) {
  return {
    for_user_id: '2244994945',
    follow_events: [
      {
        type: 'follow',
        created_timestamp: String(seconds * 1_000),
        target: { id: '2244994945', screen_name: 'ada' },
        source: { id: String(number('user')), screen_name: 'charles' },
      },
    ],
  };
}
