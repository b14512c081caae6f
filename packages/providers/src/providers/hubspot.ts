import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import type { SignedContentScheme } from '../signing/scheme.ts';

/** One event of a batch. */
export interface HubspotPayload {
  readonly eventId: number;
  readonly subscriptionId: number;
  readonly portalId: number;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
  readonly subscriptionType: string;
  readonly objectId?: number;
  readonly propertyName?: string;
  readonly propertyValue?: string;
  readonly [field: string]: unknown;
}

export interface HubspotEvents {
  [type: string]: HubspotPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    hubspot: HubspotEvents;
  }
}

/**
 * HubSpot signs the method, the address, the body and the time (v3); older apps hash their secret with the rest (v1,
 * v2), which is weaker and has no age (https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests).
 * A request with a v3 signature is judged by it alone. In the address that v3 signs, the escapes
 * of twelve letters are decoded first. Bodies are lists of up to 100 events, each an event here.
 */
const provider = defineProvider({
  name: 'hubspot',
  schemes: [
    hmacScheme({
      header: 'x-hubspot-signature-v3',
      encoding: 'base64',
      content: '{method}{url}{body}{timestamp}',
      urlDecoded: ":/?@!$'()*,;",
      timestamp: { at: { header: 'x-hubspot-request-timestamp' }, unit: 'ms', toleranceSeconds: 300 },
    }),
    hashed('v2', '{secret}{method}{url}{body}'),
    hashed('v1', '{secret}{body}'),
  ],
  deliveryId: [
    {
      all: [
        { body: ['eventId'] },
        { body: ['subscriptionId'] },
        { body: ['occurredAt'] },
        ...['portalId', 'subscriptionType', 'objectId', 'fromObjectId', 'toObjectId', 'propertyName'].map(
          (name) => ({ optional: { body: [name] } }),
        ),
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['subscriptionType'] }],
  batch: { list: [] },
  subject: [{ all: [{ body: ['portalId'] }, { body: ['objectId'] }], joinedBy: ':' }, { body: ['portalId'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; up to 10 retries over 24 h',
  samples: {
    'contact.creation': { body: (seed) => [contact(seed, 'contact.creation')] },
    'contact.propertyChange': { body: (seed) => [contact(seed, 'contact.propertyChange')] },
  },
});

export default provider;

/** HubSpot's events by subscription type: `hubspot('contact.creation')`. */
export const hubspot = selectFrom(provider);

function contact({ number, seconds }: SampleSeed, subscriptionType: string) {
  return {
    eventId: number('event'),
    subscriptionId: 12_345,
    portalId: 62_515,
    appId: 54_321,
    occurredAt: seconds * 1_000,
    subscriptionType,
    attemptNumber: 0,
    objectId: number('contact'),
    changeSource: 'CRM',
    ...(subscriptionType === 'contact.propertyChange'
      ? { propertyName: 'firstname', propertyValue: 'Ada' }
      : {}),
  };
}

function hashed(version: string, content: string): SignedContentScheme {
  return {
    kind: 'signed-content',
    signatures: [{ header: 'x-hubspot-signature' }],
    when: [{ at: { header: 'x-hubspot-signature-version' }, is: version }],
    algorithms: [{ kind: 'hash', hash: 'sha256', encoding: 'hex' }],
    content,
  };
}
