import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme } from '../standard-webhooks-scheme.ts';

/** The envelope of Clerk's events; `data` is the resource as Clerk's Backend API has it. */
export interface ClerkEvent {
  readonly object: 'event';
  readonly type: string;
  readonly data: { readonly id?: string; readonly object?: string; readonly [field: string]: unknown };
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly instance_id: string;
  readonly event_attributes?: {
    readonly http_request: { readonly client_ip: string; readonly user_agent: string };
  };
  readonly [field: string]: unknown;
}

export interface ClerkEvents {
  [type: string]: ClerkEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    clerk: ClerkEvents;
  }
}

/** Clerk sends through Svix, in Svix's headers. */
const provider = defineProvider({
  name: 'clerk',
  docs: 'https://clerk.com/docs/webhooks/overview',
  schemes: [standardWebhooksScheme('svix')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'id'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  delivery: '15 s; retries after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h',
  samples: {
    'user.created': { body: (seed) => event(seed, 'user.created', user(seed)) },
    'session.created': { body: (seed) => event(seed, 'session.created', session(seed)) },
  },
});

export default provider;

/** Clerk's events: `clerk('user.created')`, `clerk('organization.*')`. */
export const clerk = selectFrom(provider);

function event({ iso, unique }: SampleSeed, type: string, data: object) {
  return {
    data,
    event_attributes: { http_request: { client_ip: '203.0.113.7', user_agent: 'Mozilla/5.0' } },
    instance_id: `ins_${unique}`,
    object: 'event',
    timestamp: Date.parse(iso),
    type,
  };
}

function user({ iso, unique }: SampleSeed) {
  const time = Date.parse(iso);
  return {
    id: `user_${unique}`,
    object: 'user',
    first_name: 'Ada',
    last_name: 'Lovelace',
    username: null,
    image_url: 'https://img.clerk.com/ada.png',
    has_image: false,
    primary_email_address_id: `idn_${unique}`,
    email_addresses: [
      {
        id: `idn_${unique}`,
        object: 'email_address',
        email_address: 'ada@example.com',
        verification: { status: 'verified', strategy: 'email_code' },
        linked_to: [],
      },
    ],
    phone_numbers: [],
    external_accounts: [],
    external_id: null,
    password_enabled: true,
    two_factor_enabled: false,
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
    last_sign_in_at: null,
    created_at: time,
    updated_at: time,
  };
}

function session({ iso, unique }: SampleSeed) {
  const time = Date.parse(iso);
  return {
    id: `sess_${unique}`,
    object: 'session',
    client_id: `client_${unique}`,
    user_id: `user_${unique}`,
    status: 'active',
    last_active_at: time,
    expire_at: time + 604_800_000,
    abandon_at: time + 2_592_000_000,
    created_at: time,
    updated_at: time,
  };
}
