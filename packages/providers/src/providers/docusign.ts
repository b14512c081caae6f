import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** DocuSign Connect's envelope. */
export interface DocusignPayload {
  readonly event: string;
  readonly apiVersion?: string;
  readonly generatedDateTime?: string;
  readonly data?: {
    readonly accountId?: string;
    readonly envelopeId?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface DocusignEvents {
  [type: string]: DocusignPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    docusign: DocusignEvents;
  }
}

const numbered = (key: number) => `x-docusign-signature-${key}`;
const others = Array.from({ length: 15 }, (_, index) => ({ header: numbered(index + 2) }));

/**
 * DocuSign Connect signs the body with each of an account's keys, in numbered headers; any of them will do
 * (https://developers.docusign.com/platform/webhooks/connect/hmac/). Two recipients of one envelope may be done at once.
 */
const provider = defineProvider({
  name: 'docusign',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ header: numbered(1) }, ...others],
      algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'base64', key: { encoding: 'utf8' } }],
      content: '{body}',
    },
  ],
  deliveryId: [
    {
      all: [
        { body: ['data', 'envelopeId'] },
        { body: ['event'] },
        { body: ['generatedDateTime'] },
        { optional: { body: ['data', 'recipientId'] } },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['event'] }],
  subject: [{ body: ['data', 'envelopeId'] }],
  secret: { prefix: '', encoding: 'base64' },
  delivery: '100 s; retries for days',
  samples: {
    'envelope-completed': { body: envelope('envelope-completed') },
    'envelope-sent': { body: envelope('envelope-sent') },
  },
});

export default provider;

/** DocuSign's events: `docusign('envelope-completed')`. */
export const docusign = selectFrom(provider);

function envelope(event: string) {
  return ({ uuid, iso }: SampleSeed) => ({
    event,
    apiVersion: 'v2.1',
    uri: `/restapi/v2.1/accounts/${uuid('account')}/envelopes/${uuid('envelope')}`,
    retryCount: 0,
    configurationId: 10_204,
    generatedDateTime: iso,
    data: { accountId: uuid('account'), userId: uuid('user'), envelopeId: uuid('envelope') },
  });
}
