import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** A push of Pub/Sub; `data` is in base64. */
export interface GooglePubsubPayload {
  readonly message: {
    readonly messageId: string;
    readonly data?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly publishTime?: string;
    readonly [field: string]: unknown;
  };
  readonly subscription?: string;
  readonly deliveryAttempt?: number;
  readonly [field: string]: unknown;
}

export interface GooglePubsubEvents {
  [type: string]: GooglePubsubPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'google-pubsub': GooglePubsubEvents;
  }
  interface UntrustedBodies {
    'google-pubsub': false;
  }
}

/**
 * Google Pub/Sub proves who pushes with a token, and nothing about the body
 * (https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions). The secret is the service account of the
 * subscription, and after a blank its audience where that is not the endpoint's address.
 */
const provider = defineProvider({
  name: 'google-pubsub',
  schemes: [
    {
      kind: 'jwt',
      signatures: [{ header: 'authorization' }],
      prefix: 'Bearer ',
      keysAt: 'https://www.googleapis.com/oauth2/v3/certs',
      issuers: ['https://accounts.google.com', 'accounts.google.com'],
      claim: 'email',
      affirmed: ['email_verified'],
      leewaySeconds: 60,
    },
  ],
  // A message's id is unique within its topic.
  deliveryId: ['messageId', 'message_id'].map((name) => ({
    all: [{ body: ['message', name] }, { optional: { body: ['subscription'] } }],
    joinedBy: ':',
  })),
  type: [
    { body: ['message', 'attributes', 'ce-type'] },
    { body: ['message', 'attributes', 'eventType'] },
    { body: ['message', 'attributes', 'type'] },
    { constant: 'message' },
  ],
  secret: { prefix: 'push@engine-parts.iam.gserviceaccount.com#', encoding: 'test-key' },
  delivery: '10 to 600 s; retries until the message is no longer kept',
  samples: { OBJECT_FINALIZE: { body: stored }, message: { body: plain } },
});

export default provider;

/** Messages by their `ce-type`, `eventType` or `type` attribute: `googlePubsub('OBJECT_FINALIZE')`, `googlePubsub('message')`. */
export const googlePubsub = selectFrom(provider);

function push({ number, iso }: SampleSeed, data: object, attributes?: Readonly<Record<string, string>>) {
  return {
    message: {
      ...(attributes && { attributes }),
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      messageId: String(number('message')),
      publishTime: iso,
    },
    subscription: 'projects/engine-parts/subscriptions/hookline',
  };
}

function stored(seed: SampleSeed) {
  const attributes = {
    eventType: 'OBJECT_FINALIZE',
    bucketId: 'drawings',
    objectId: `mill-${seed.unique}.svg`,
  };
  return push(seed, { kind: 'storage#object', name: attributes.objectId, bucket: 'drawings' }, attributes);
}

function plain(seed: SampleSeed) {
  return push(seed, { part: 'brass gear', left: 3 });
}
