import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of a Jira event. */
export interface JiraPayload {
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  readonly webhookEvent?: string;
  readonly issue?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface JiraEvents {
  [type: string]: JiraPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    jira: JiraEvents;
  }
}

/**
 * Jira signs the body alone where a webhook has a secret
 * (https://developer.atlassian.com/cloud/jira/platform/webhooks/). Its identifier is the same in every retry.
 */
const provider = defineProvider({
  name: 'jira',
  schemes: [hmacScheme({ header: 'x-hub-signature', label: 'sha256' })],
  deliveryId: [
    {
      // Unique within one site, which an issue's address names.
      all: [
        { header: 'x-atlassian-webhook-identifier' },
        { optional: { body: ['webhookEvent'] } },
        { optional: { body: ['issue', 'self'] } },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['webhookEvent'] }],
  subject: [{ body: ['issue', 'id'] }, { body: ['project', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; 5 retries',
  samples: {
    'jira:issue_created': { headers: headersOf, body: issue('jira:issue_created') },
    'jira:issue_updated': { headers: headersOf, body: issue('jira:issue_updated') },
  },
});

export default provider;

/** Jira's events: `jira('jira:issue_created')`. */
export const jira = selectFrom(provider);

function headersOf({ uuid }: SampleSeed) {
  return { 'x-atlassian-webhook-identifier': uuid('delivery') };
}

function issue(webhookEvent: string) {
  return ({ number, seconds, iso }: SampleSeed) => ({
    timestamp: seconds * 1_000,
    webhookEvent,
    user: { accountId: '5b10a2844c20165700ede21g', displayName: 'Ada Lovelace' },
    issue: {
      id: String(number('issue')),
      key: 'ENG-7',
      fields: { summary: 'The carry lever sticks', created: iso, status: { name: 'To Do' } },
    },
  });
}
