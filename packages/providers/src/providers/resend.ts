import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme } from '../standard-webhooks-scheme.ts';

/** The envelope of Resend's events about emails, contacts and domains. */
export interface ResendEvent {
  readonly type: string;
  /** ISO 8601. */
  readonly created_at: string;
  readonly data: {
    readonly email_id?: string;
    readonly from?: string;
    readonly to?: readonly string[];
    readonly subject?: string;
    /** ISO 8601: when the email, contact or domain was made. */
    readonly created_at?: string;
    readonly [field: string]: unknown;
  };
}

export interface ResendEvents {
  [type: string]: ResendEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    resend: ResendEvents;
  }
}

/** Resend sends through Svix, in Svix's headers. */
const provider = defineProvider({
  name: 'resend',
  docs: 'https://resend.com/docs/dashboard/webhooks/introduction',
  schemes: [standardWebhooksScheme('svix')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'email_id'] }, { body: ['data', 'id'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  delivery: 'retries after 5 s, 5 min, 30 min, 2 h, 5 h and 10 h',
  samples: {
    'email.delivered': { body: (seed) => event(seed, 'email.delivered') },
    'email.bounced': {
      body: (seed) =>
        event(seed, 'email.bounced', {
          bounce: { message: 'There is no such mailbox.', type: 'Permanent', subType: 'General' },
        }),
    },
  },
});

export default provider;

/** Resend's events: `resend('email.bounced')`, `resend('email.*')`. */
export const resend = selectFrom(provider);

function event({ iso, uuid }: SampleSeed, type: string, more: object = {}) {
  return {
    type,
    created_at: iso,
    data: {
      created_at: iso,
      email_id: uuid('email'),
      from: 'Engine Parts <orders@example.com>',
      to: ['ada@example.com'],
      subject: 'Your brass gears are on their way',
      tags: { category: 'order' },
      ...more,
    },
  };
}
