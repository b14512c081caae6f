import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Linear's webhooks; `data` is the entity as it is now. */
export interface LinearEvent {
  /** `create`, `update`, `remove`, or what else is done to this type. */
  readonly action: string;
  readonly type: string;
  readonly actor?: { readonly id: string; readonly type?: string; readonly name?: string };
  /** ISO 8601. */
  readonly createdAt: string;
  readonly data?: { readonly id: string; readonly [field: string]: unknown };
  /** The earlier values of what an update changed. */
  readonly updatedFrom?: Readonly<Record<string, unknown>>;
  readonly url?: string;
  readonly organizationId: string;
  readonly webhookId: string;
  /** Milliseconds since the epoch: when it was sent. */
  readonly webhookTimestamp: number;
  readonly [field: string]: unknown;
}

export interface LinearEvents {
  [type: string]: LinearEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    linear: LinearEvents;
  }
}

/**
 * Linear signs the body, and the body says when it was sent; a minute is what its documentation recommends. The
 * type is put together from the body: nothing signs the header that names it.
 */
const provider = defineProvider({
  name: 'linear',
  docs: 'https://linear.app/developers/webhooks',
  schemes: [
    hmacScheme({
      header: 'linear-signature',
      timestamp: { at: { body: ['webhookTimestamp'] }, unit: 'ms', toleranceSeconds: 60 },
    }),
  ],
  deliveryId: [{ header: 'linear-delivery' }],
  type: [{ all: [{ body: ['type'] }, { body: ['action'] }] }, { body: ['type'] }],
  subject: [{ body: ['data', 'issueId'] }, { body: ['data', 'id'] }],
  secret: { prefix: 'lin_wh_', encoding: 'hex' },
  delivery: '5 s; 3 retries: after 1 min, 1 h and 6 h',
  samples: {
    'Issue.create': { headers: headersOf('Issue'), body: (seed) => event(seed, 'Issue', issue(seed)) },
    'Comment.create': {
      headers: headersOf('Comment'),
      body: (seed) => event(seed, 'Comment', comment(seed)),
    },
  },
});

export default provider;

/** Linear's events by type and action: `linear('Issue.create')`, `linear('Comment.*')`. */
export const linear = selectFrom(provider);

function headersOf(type: string) {
  return ({ uuid }: SampleSeed) => ({
    'user-agent': 'Linear-Webhook',
    'linear-delivery': uuid('delivery'),
    'linear-event': type,
  });
}

function event({ iso, uuid }: SampleSeed, type: string, data: object) {
  return {
    action: 'create',
    actor: { id: uuid('ada'), type: 'user', name: 'Ada Lovelace', email: 'ada@example.com' },
    createdAt: iso,
    data,
    url: 'https://linear.app/engine/issue/ENG-42/the-mill-drops-a-carry',
    type,
    organizationId: uuid('organization'),
    webhookTimestamp: Date.parse(iso),
    webhookId: uuid('webhook'),
  };
}

function issue({ iso, uuid }: SampleSeed) {
  return {
    id: uuid('issue'),
    createdAt: iso,
    updatedAt: iso,
    number: 42,
    identifier: 'ENG-42',
    title: 'The mill drops a carry',
    description: 'Adding 999 and 1 gives 900.',
    priority: 2,
    priorityLabel: 'High',
    url: 'https://linear.app/engine/issue/ENG-42/the-mill-drops-a-carry',
    teamId: uuid('team'),
    team: { id: uuid('team'), key: 'ENG', name: 'Engine' },
    stateId: uuid('state'),
    state: { id: uuid('state'), name: 'Todo', type: 'unstarted', color: '#e2e2e2' },
    creatorId: uuid('ada'),
    labelIds: [],
    labels: [],
  };
}

function comment({ iso, uuid }: SampleSeed) {
  return {
    id: uuid('comment'),
    createdAt: iso,
    updatedAt: iso,
    body: 'The third wheel slips.',
    issueId: uuid('issue'),
    issue: { id: uuid('issue'), title: 'The mill drops a carry' },
    userId: uuid('ada'),
    user: { id: uuid('ada'), name: 'Ada Lovelace' },
  };
}
