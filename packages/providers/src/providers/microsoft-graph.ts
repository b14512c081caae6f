import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One change notification, or one about the subscription's life. */
export interface MicrosoftGraphPayload {
  readonly subscriptionId: string;
  readonly clientState?: string;
  readonly changeType?: string;
  readonly lifecycleEvent?: string;
  readonly resource?: string;
  readonly resourceData?: Readonly<Record<string, unknown>>;
  readonly tenantId?: string;
  readonly [field: string]: unknown;
}

export interface MicrosoftGraphEvents {
  [type: string]: MicrosoftGraphPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'microsoft-graph': MicrosoftGraphEvents;
  }
  interface UntrustedBodies {
    'microsoft-graph': false;
  }
}

/**
 * Microsoft Graph repeats the `clientState` of the subscription in every notification: the secret itself, which proves
 * nothing about the rest (https://learn.microsoft.com/graph/change-notifications-delivery-webhooks). Fetch the resource
 * that it names. Before that it asks, unsigned, for a token back.
 */
const provider = defineProvider({
  name: 'microsoft-graph',
  schemes: [{ kind: 'shared-secret', each: { list: ['value'] }, signatures: [{ body: ['clientState'] }] }],
  deliveryId: [
    {
      all: [
        { body: ['subscriptionId'] },
        { body: ['resource'] },
        { body: ['changeType'] },
        { body: ['resourceData', '@odata.etag'] },
      ],
      joinedBy: ':',
    },
  ],
  repeats: true,
  type: [{ body: ['lifecycleEvent'] }, { body: ['changeType'] }],
  batch: { list: ['value'] },
  handshakes: [
    {
      verified: false,
      answer: {
        kind: 'echo',
        of: { query: 'validationToken' },
        form: /^[A-Za-z0-9 ._:;,=+/~-]{1,1024}$/,
      },
    },
  ],
  subject: [{ body: ['resource'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; retries for up to 4 h; slow addresses are dropped for 10 min',
  samples: { created: { body: change('created') }, updated: { body: change('updated') } },
});

export default provider;

/** Microsoft Graph's notifications by kind of change: `microsoftGraph('created')`. */
export const microsoftGraph = selectFrom(provider);

function change(changeType: string) {
  return ({ uuid, unique, iso }: SampleSeed) => ({
    value: [
      {
        subscriptionId: uuid('subscription'),
        subscriptionExpirationDateTime: iso,
        clientState: '',
        changeType,
        resource: `Users/${uuid('user')}/Messages/${unique}`,
        resourceData: {
          '@odata.type': '#Microsoft.Graph.Message',
          '@odata.etag': `W/"${unique}"`,
          id: unique,
        },
        tenantId: uuid('tenant'),
      },
    ],
  });
}
