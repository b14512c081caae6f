import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Webflow's envelope. */
export interface WebflowPayload<Type extends string = string> {
  readonly triggerType: Type;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface WebflowEvents {
  [type: string]: WebflowPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    webflow: WebflowEvents;
  }
}

/**
 * Webflow signs `{timestamp}:{body}` with the secret of the webhook, or the OAuth app's client secret. Webhooks that
 * were made in its dashboard are not signed: make them through its API.
 */
const provider = defineProvider({
  name: 'webflow',
  docs: 'https://developers.webflow.com/data/docs/working-with-webhooks',
  schemes: [
    hmacScheme({
      header: 'x-webflow-signature',
      content: '{timestamp}:{body}',
      timestamp: { at: { header: 'x-webflow-timestamp' }, unit: 'ms', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [],
  type: [{ body: ['triggerType'] }],
  subject: [{ body: ['payload', 'siteId'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '3 retries, 10 min apart',
  samples: {
    form_submission: { body: formSubmission },
    collection_item_changed: { body: itemChanged },
  },
});

export default provider;

/** Webflow's events by trigger: `webflow('form_submission')`. */
export const webflow = selectFrom(provider);

function formSubmission({ unique, iso }: SampleSeed) {
  return {
    triggerType: 'form_submission',
    payload: {
      name: 'Ask for a demonstration',
      siteId: objectId('site'),
      data: { 'First Name': 'Ada', 'Last Name': 'Lovelace', email: 'ada@example.com' },
      submittedAt: iso,
      id: objectId(unique),
      formId: objectId('form'),
    },
  };
}

function itemChanged({ unique, iso }: SampleSeed) {
  return {
    triggerType: 'collection_item_changed',
    payload: {
      id: objectId(unique),
      siteId: objectId('site'),
      workspaceId: objectId('workspace'),
      collectionId: objectId('collection'),
      lastUpdated: iso,
      isArchived: false,
      isDraft: false,
      fieldData: { name: 'Brass gear', slug: 'brass-gear' },
    },
  };
}

function objectId(name: string) {
  return Buffer.from(name).toString('hex').slice(0, 24).padEnd(24, '0');
}
