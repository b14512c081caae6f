import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Heroku's envelope: the entity before and after. */
export interface HerokuPayload {
  readonly id: string;
  readonly action: 'create' | 'update' | 'destroy';
  readonly resource: string;
  readonly actor?: { readonly id: string; readonly email: string };
  readonly data: Readonly<Record<string, unknown>>;
  readonly previous_data?: Readonly<Record<string, unknown>>;
  readonly webhook_metadata?: {
    readonly event: { readonly id: string; readonly include: string };
    readonly delivery: { readonly id: string };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface HerokuEvents {
  [type: string]: HerokuPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    heroku: HerokuEvents;
  }
}

/** Heroku's app webhooks sign the body alone. `id` is the event's, and the same in every delivery of it. */
const provider = defineProvider({
  name: 'heroku',
  docs: 'https://devcenter.heroku.com/articles/app-webhooks',
  schemes: [hmacScheme({ header: 'heroku-webhook-hmac-sha256', encoding: 'base64' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ all: [{ body: ['resource'] }, { body: ['action'] }] }],
  subject: [{ body: ['data', 'app', 'id'] }, { body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'at level `sync` retried until it succeeds or a limit is reached; at level `notify` sent once',
  samples: {
    'release.create': { body: (seed) => event(seed, 'release', 'create', release(seed)) },
    'dyno.update': { body: (seed) => event(seed, 'dyno', 'update', dyno(seed)) },
  },
});

export default provider;

/** Heroku's events by entity and action: `heroku('release.create')`, `heroku('dyno.*')`. */
export const heroku = selectFrom(provider);

function event({ uuid, iso }: SampleSeed, resource: string, action: string, data: object) {
  return {
    action,
    actor: { email: 'ada@example.com', id: uuid('actor') },
    created_at: iso,
    id: uuid('event'),
    data,
    previous_data: {},
    published_at: null,
    resource,
    sequence: null,
    updated_at: iso,
    version: 'application/vnd.heroku+json; version=3',
    webhook_metadata: {
      attempt: { id: uuid('attempt') },
      delivery: { id: uuid('delivery') },
      event: { id: uuid('event'), include: `api:${resource}` },
      webhook: { id: uuid('webhook') },
    },
  };
}

function release({ uuid, iso }: SampleSeed) {
  return {
    id: uuid('release'),
    app: { id: uuid('app'), name: 'analytical-engine' },
    created_at: iso,
    current: true,
    description: 'Deploy 7c1e9b2d',
    status: 'succeeded',
    user: { id: uuid('actor'), email: 'ada@example.com' },
    version: 42,
  };
}

function dyno({ uuid, iso }: SampleSeed) {
  return {
    id: uuid('dyno'),
    app: { id: uuid('app'), name: 'analytical-engine' },
    command: 'npm start',
    created_at: iso,
    name: 'web.1',
    size: 'Standard-1X',
    state: 'up',
    type: 'web',
  };
}
