import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Where something changed: ask for the webhook's payloads. */
export interface AirtableNotification {
  readonly base: { readonly id: string };
  readonly webhook: { readonly id: string };
  /** ISO 8601. */
  readonly timestamp: string;
  readonly [field: string]: unknown;
}

export interface AirtableEvents {
  notification: AirtableNotification;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    airtable: AirtableEvents;
  }
  interface UntrustedBodies {
    airtable: false;
  }
}

/**
 * Airtable signs the body alone, keyed with the bytes that `macSecretBase64` stands for, and says in it only which
 * webhook has news: fetch its payloads from where you left off.
 */
const provider = defineProvider({
  name: 'airtable',
  docs: 'https://airtable.com/developers/web/api/webhooks-overview',
  schemes: [
    hmacScheme({
      header: 'x-airtable-content-mac',
      label: 'hmac-sha256',
      key: { encoding: 'base64', optionalPrefix: '' },
    }),
  ],
  bodyTrusted: false,
  deliveryId: [
    { all: [{ body: ['base', 'id'] }, { body: ['webhook', 'id'] }, { body: ['timestamp'] }], joinedBy: ':' },
  ],
  type: [{ constant: 'notification' }],
  ack: { status: 200, body: '' },
  subject: [{ body: ['base', 'id'] }],
  secret: { prefix: '', encoding: 'base64' },
  delivery: 'a webhook expires after 7 days unless it is refreshed or its payloads are listed',
  samples: { notification: { body: notification } },
});

export default provider;

/** Airtable's notifications: `airtable('notification')`. */
export const airtable = selectFrom(provider);

function notification({ unique, iso }: SampleSeed) {
  return { base: { id: `app${unique}` }, webhook: { id: `ach${unique}` }, timestamp: iso };
}
