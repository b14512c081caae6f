import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Zendesk's own events. A trigger or an automation sends whatever its author wrote. */
export interface ZendeskEvent {
  readonly id: string;
  readonly account_id: number;
  readonly type: string;
  /** `zen:ticket:1` and the like. */
  readonly subject: string;
  /** ISO 8601. */
  readonly time: string;
  readonly zendesk_event_version: string;
  /** The object as it is now. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** What changed. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface ZendeskEvents {
  [type: string]: ZendeskEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    zendesk: ZendeskEvents;
  }
}

/**
 * Zendesk signs `{timestamp}{body}` with the secret as it is shown, which looks like base64 and is not decoded. It
 * publishes no tolerance: five minutes are ours. The invocation's id comes before the body's `id`, which in the
 * request of a trigger may be anything, such as a ticket's.
 */
const provider = defineProvider({
  name: 'zendesk',
  docs: 'https://developer.zendesk.com/documentation/webhooks/anatomy-of-a-webhook-request',
  schemes: [
    hmacScheme({
      header: 'x-zendesk-webhook-signature',
      encoding: 'base64',
      content: '{timestamp}{body}',
      timestamp: {
        at: { header: 'x-zendesk-webhook-signature-timestamp' },
        unit: ['iso', 's'],
        toleranceSeconds: 300,
      },
    }),
  ],
  deliveryId: [{ header: 'x-zendesk-webhook-invocation-id' }, { body: ['id'] }],
  type: [{ body: ['type'] }],
  form: 'fields',
  subject: [{ body: ['detail', 'id'] }],
  secret: { prefix: '', encoding: 'base64' },
  delivery: 'about 10 s; a few retries; an endpoint that keeps failing gets nothing for a while',
  samples: {
    'zen:event-type:ticket.created': {
      headers,
      body: (seed) => event(seed, 'ticket', 'ticket.created', ticket(seed)),
    },
    'zen:event-type:user.created': {
      headers,
      body: (seed) => event(seed, 'user', 'user.created', user(seed)),
    },
  },
});

export default provider;

/** Zendesk's events: `zendesk('zen:event-type:ticket.created')`, `zendesk('zen:event-type:user.*')`. */
export const zendesk = selectFrom(provider);

function headers({ number }: SampleSeed) {
  return {
    'x-zendesk-account-id': '4207',
    'x-zendesk-webhook-id': '01JD9ENGINE0000000000000AB',
    'x-zendesk-webhook-invocation-id': String(number('invocation')),
  };
}

function event({ iso, number, uuid }: SampleSeed, subject: string, type: string, detail: object) {
  return {
    account_id: 4_207,
    detail,
    event: {},
    id: uuid('event'),
    subject: `zen:${subject}:${number(subject)}`,
    time: iso,
    type: `zen:event-type:${type}`,
    zendesk_event_version: '2022-06-20',
  };
}

function ticket({ iso, number }: SampleSeed) {
  return {
    id: String(number('ticket')),
    subject: 'A gear arrived bent',
    description: 'The second of two brass gears is bent.',
    status: 'NEW',
    priority: 'NORMAL',
    type: 'PROBLEM',
    requester_id: String(number('user')),
    submitter_id: String(number('user')),
    assignee_id: null,
    organization_id: null,
    tags: ['shipping'],
    via: { channel: 'web_service' },
    is_public: true,
    created_at: iso,
    updated_at: iso,
  };
}

function user({ iso, number }: SampleSeed) {
  return {
    id: String(number('user')),
    email: 'ada@example.com',
    external_id: null,
    default_group_id: null,
    organization_id: null,
    role: 'end-user',
    created_at: iso,
    updated_at: iso,
  };
}
