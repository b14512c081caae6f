import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The object itself as Help Scout's API has it; of what was deleted, the id alone. */
export interface HelpScoutPayload {
  readonly id?: number | string;
  readonly [field: string]: unknown;
}

export interface HelpScoutEvents {
  [type: string]: HelpScoutPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'help-scout': HelpScoutEvents;
  }
}

/**
 * Help Scout signs the body alone, with SHA-1. It names no event by an id, and one change can be several events with
 * the same body (assigned and tagged, say): each request is an event, a retry too.
 */
const provider = defineProvider({
  name: 'help-scout',
  docs: 'https://developer.helpscout.com/webhooks/',
  schemes: [hmacScheme({ header: 'x-helpscout-signature', hash: 'sha1', encoding: 'base64' })],
  deliveryId: [],
  repeats: true,
  type: [{ header: 'x-helpscout-event' }],
  subject: [{ body: ['id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    'convo.created': { headers: headersOf('convo.created'), body: conversation },
    'customer.created': { headers: headersOf('customer.created'), body: customer },
  },
});

export default provider;

/** Help Scout's events: `helpScout('convo.created')`, `helpScout('convo.*')`. */
export const helpScout = selectFrom(provider);

function headersOf(event: string) {
  return () => ({ 'x-helpscout-event': event });
}

function conversation({ number, iso }: SampleSeed) {
  return {
    id: number('conversation'),
    number: 42,
    threads: 1,
    type: 'email',
    folderId: number('folder'),
    status: 'active',
    state: 'published',
    subject: 'The mill drops a carry',
    preview: 'Adding 999 and 1 gives 900.',
    mailboxId: number('mailbox'),
    createdBy: { id: number('customer'), type: 'customer', email: 'ada@example.com' },
    createdAt: iso,
    tags: [],
    primaryCustomer: { id: number('customer'), type: 'customer', first: 'Ada', last: 'Lovelace' },
  };
}

function customer({ number, iso }: SampleSeed) {
  return {
    id: number('customer'),
    firstName: 'Ada',
    lastName: 'Lovelace',
    createdAt: iso,
    updatedAt: iso,
    _embedded: { emails: [{ id: number('email'), value: 'ada@example.com', type: 'home' }] },
  };
}
