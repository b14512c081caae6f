import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of WorkOS' events; `data` is the whole object that the event is about. */
export interface WorkOSEvent {
  readonly id: string;
  readonly event: string;
  /** ISO 8601. */
  readonly created_at: string;
  readonly data: { readonly id?: string; readonly object?: string; readonly [field: string]: unknown };
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface WorkOSEvents {
  [type: string]: WorkOSEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    workos: WorkOSEvents;
  }
}

/** WorkOS signs `{timestamp}.{body}` with the time in milliseconds; its SDKs accept three minutes. */
const provider = defineProvider({
  name: 'workos',
  docs: 'https://workos.com/docs/events/data-syncing/webhooks',
  schemes: [
    hmacScheme({
      header: 'workos-signature',
      itemSeparator: ',',
      itemBlanks: 'ignored',
      label: 'v1',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 'ms', toleranceSeconds: 180 },
    }),
  ],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['event'] }],
  subject: [{ body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'up to 12 retries over 3 days, elsewhere than in production for a few minutes',
  samples: {
    'user.created': { body: (seed) => event(seed, 'user.created', user(seed)) },
    'dsync.user.created': { body: (seed) => event(seed, 'dsync.user.created', directoryUser(seed)) },
  },
});

export default provider;

/** WorkOS' events: `workos('user.created')`, `workos('dsync.*')`. */
export const workos = selectFrom(provider);

function event({ iso, unique }: SampleSeed, type: string, data: object) {
  return { id: `event_${unique}`, event: type, data, created_at: iso };
}

function user({ iso, unique }: SampleSeed) {
  return {
    object: 'user',
    id: `user_${unique}`,
    email: 'ada@example.com',
    email_verified: true,
    first_name: 'Ada',
    last_name: 'Lovelace',
    profile_picture_url: null,
    last_sign_in_at: null,
    external_id: null,
    metadata: {},
    created_at: iso,
    updated_at: iso,
  };
}

function directoryUser({ iso, unique }: SampleSeed) {
  return {
    object: 'directory_user',
    id: `directory_user_${unique}`,
    directory_id: `directory_${unique}`,
    organization_id: `org_${unique}`,
    idp_id: `idp_${unique}`,
    state: 'active',
    email: 'ada@example.com',
    first_name: 'Ada',
    last_name: 'Lovelace',
    groups: [],
    role: { slug: 'member' },
    custom_attributes: { department_name: 'Computation', job_title: 'Analyst' },
    created_at: iso,
    updated_at: iso,
  };
}
