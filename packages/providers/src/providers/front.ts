import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What an application webhook sends: the event as Front's API has it, and whose it is. */
export interface FrontPayload<Type extends string = string> {
  readonly type: Type;
  readonly authorization: { readonly id: string };
  readonly payload?: {
    readonly id: string;
    readonly type: string;
    /** Seconds since the epoch, with a fraction. */
    readonly emitted_at?: number;
    readonly conversation?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface FrontEvents {
  [type: string]: FrontPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    front: FrontEvents;
  }
}

/**
 * Front's application webhooks sign `{timestamp}:{body}`; when one is saved, a signed request brings a challenge in a
 * header. The webhooks of Front's rules are signed otherwise and are not these.
 */
const provider = defineProvider({
  name: 'front',
  docs: 'https://dev.frontapp.com/docs/application-webhooks',
  schemes: [
    hmacScheme({
      header: 'x-front-signature',
      encoding: 'base64',
      content: '{timestamp}:{body}',
      timestamp: { at: { header: 'x-front-request-timestamp' }, unit: 'ms', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['payload', 'id'] }],
  type: [{ body: ['type'] }],
  handshakes: [
    {
      verified: true,
      when: [{ at: { header: 'x-front-challenge' } }],
      answer: { kind: 'echo', of: { header: 'x-front-challenge' } },
    },
  ],
  subject: [{ body: ['conversation', 'id'] }, { body: ['payload', 'conversation', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; up to 3 retries',
  samples: {
    inbound_received: { body: (seed) => event(seed, 'inbound_received', 'inbound') },
    conversation_archived: { body: (seed) => event(seed, 'conversation_archived', 'archive') },
  },
});

export default provider;

/** Front's events by type: `front('inbound_received')`. */
export const front = selectFrom(provider);

function event({ unique, seconds }: SampleSeed, type: string, activity: string) {
  return {
    type,
    authorization: { id: 'cmp_engine' },
    payload: {
      id: `evt_${unique}`,
      type: activity,
      emitted_at: seconds + 0.25,
      conversation: {
        id: `cnv_${unique}`,
        subject: 'The mill drops a carry',
        status: activity === 'archive' ? 'archived' : 'unassigned',
        recipient: { handle: 'ada@example.com', role: 'from' },
        tags: [],
        created_at: seconds - 60,
        is_private: false,
      },
    },
  };
}
