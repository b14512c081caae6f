import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One event of a batch. */
export interface AsanaPayload {
  readonly action: string;
  readonly created_at?: string;
  readonly resource: {
    readonly gid: string;
    readonly resource_type: string;
    readonly [field: string]: unknown;
  };
  readonly parent?: Readonly<Record<string, unknown>> | null;
  readonly user?: Readonly<Record<string, unknown>> | null;
  readonly [field: string]: unknown;
}

export interface AsanaEvents {
  [type: string]: AsanaPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    asana: AsanaEvents;
  }
}

/**
 * Asana signs the body alone, with a secret of each webhook's own that its first request brings and wants back
 * (https://developers.asana.com/docs/webhooks-guide). That request is not signed: give the address a `?token=…` of your
 * own, and the same token to the source's secrets, as `token:…`; then the secret is kept. Heartbeats have no events.
 */
const provider = defineProvider({
  name: 'asana',
  schemes: [hmacScheme({ header: 'x-hook-signature' })],
  deliveryId: [],
  type: [{ all: [{ body: ['resource', 'resource_type'] }, { body: ['action'] }] }],
  batch: { list: ['events'] },
  handshakes: [
    {
      verified: false,
      when: [{ at: { header: 'x-hook-secret' } }],
      token: { query: 'token' },
      answer: {
        kind: 'keep-secret',
        at: { header: 'x-hook-secret' },
        echoedIn: 'x-hook-secret',
        form: /^[A-Za-z0-9._-]{16,200}$/,
      },
    },
  ],
  subject: [{ body: ['resource', 'gid'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; retries for 24 h, then the webhook is deleted',
  samples: { 'task.changed': { body: events('changed') }, 'task.added': { body: events('added') } },
});

export default provider;

/** Asana's events by resource and action: `asana('task.changed')`, `asana('project.*')`. */
export const asana = selectFrom(provider);

function events(action: string) {
  return ({ number, iso }: SampleSeed) => ({
    events: [
      {
        action,
        created_at: iso,
        parent: null,
        resource: { gid: String(number('task')), resource_type: 'task', resource_subtype: 'default_task' },
        user: { gid: String(number('user')), resource_type: 'user' },
        ...(action === 'changed' ? { change: { field: 'due_at', action: 'changed' } } : {}),
      },
    ],
  });
}
