import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Notion says what changed and not how: the content is to be fetched. */
export interface NotionEvent {
  readonly id: string;
  readonly type: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly workspace_id: string;
  readonly subscription_id: string;
  readonly integration_id: string;
  readonly authors: readonly { readonly id: string; readonly type: string }[];
  /** From 1. */
  readonly attempt_number: number;
  readonly api_version?: string;
  readonly entity: { readonly id: string; readonly type: string };
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface NotionEvents {
  [type: string]: NotionEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    notion: NotionEvents;
  }
}

const TOKEN = /^secret_[\w-]{1,200}$/;

/**
 * Notion signs the body with the subscription's verification token, which it sends once, before anybody here can know
 * it. Give the address a `?token=…` of your own, and the same token to the source's secrets, as `token:…`; then it is
 * kept, and `hookline secrets notion` shows what to paste into Notion. Without one the request is only answered.
 */
const provider = defineProvider({
  name: 'notion',
  docs: 'https://developers.notion.com/reference/webhooks-events-delivery',
  schemes: [hmacScheme({ header: 'x-notion-signature', label: 'sha256' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  handshakes: [
    {
      verified: false,
      when: [{ at: { body: ['verification_token'] }, matches: TOKEN }],
      token: { query: 'token' },
      answer: { kind: 'keep-secret', at: { body: ['verification_token'] }, form: TOKEN },
    },
    {
      verified: false,
      when: [{ at: { body: ['verification_token'] }, matches: TOKEN }],
      answer: { kind: 'fixed', ack: { status: 200, body: '' } },
    },
  ],
  subject: [{ body: ['entity', 'id'] }],
  secret: { prefix: 'secret_', encoding: 'hex' },
  delivery: 'up to 8 attempts over about 24 h',
  samples: {
    'page.created': {
      body: (seed) =>
        event(seed, 'page.created', 'page', { parent: { id: seed.uuid('database'), type: 'database' } }),
    },
    'comment.created': {
      body: (seed) =>
        event(seed, 'comment.created', 'comment', {
          page_id: seed.uuid('page'),
          parent: { id: seed.uuid('page'), type: 'page' },
        }),
    },
  },
});

export default provider;

/** Notion's events: `notion('page.created')`, `notion('comment.*')`. */
export const notion = selectFrom(provider);

function event({ iso, uuid }: SampleSeed, type: string, entity: string, data: object) {
  return {
    id: uuid('event'),
    timestamp: iso,
    workspace_id: uuid('workspace'),
    workspace_name: 'Engine Parts',
    subscription_id: uuid('subscription'),
    integration_id: uuid('integration'),
    authors: [{ id: uuid('ada'), type: 'person' }],
    attempt_number: 1,
    api_version: '2025-09-03',
    entity: { id: uuid(entity), type: entity },
    type,
    data,
  };
}
