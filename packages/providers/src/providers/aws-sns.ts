import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import type { SignedContentScheme } from '../signing/scheme.ts';

/** A message of SNS; `Message` is what the publisher wrote, as text. */
export interface AwsSnsPayload {
  readonly Type: string;
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
  readonly [field: string]: unknown;
}

export interface AwsSnsEvents {
  [type: string]: AwsSnsPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'aws-sns': AwsSnsEvents;
  }
}

const NOTIFICATION =
  'Message\n{json:Message}\nMessageId\n{json:MessageId}\n[Subject\n{json:Subject}\n]' +
  'Timestamp\n{timestamp}\nTopicArn\n{json:TopicArn}\nType\n{json:Type}\n';
const CONFIRMATION =
  'Message\n{json:Message}\nMessageId\n{json:MessageId}\nSubscribeURL\n{json:SubscribeURL}\n' +
  'Timestamp\n{timestamp}\nToken\n{json:Token}\nTopicArn\n{json:TopicArn}\nType\n{json:Type}\n';

/** `eu-west-1`, `us-gov-east-1`. Not `s3`: a bucket named `sns` is everybody's to have, and is at `sns.s3.amazonaws.com`. */
const REGION = '[a-z]{2}(?:-[a-z]{3,12}){1,3}-\\d{1,2}';
const HOST = `sns\\.${REGION}\\.amazonaws\\.com(?:\\.cn)?`;

/**
 * Amazon SNS signs named fields of the body with the key of a certificate that the body names
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html). Anybody may
 * publish through SNS, so the secret is the one topic's ARN, which the signature covers. Subscriptions are confirmed by
 * asking for the address in a signed request, which must be SNS's own.
 */
const provider = defineProvider({
  name: 'aws-sns',
  schemes: [
    signed('2', ['Notification'], NOTIFICATION),
    signed('2', ['SubscriptionConfirmation', 'UnsubscribeConfirmation'], CONFIRMATION),
    signed('1', ['Notification'], NOTIFICATION),
    signed('1', ['SubscriptionConfirmation', 'UnsubscribeConfirmation'], CONFIRMATION),
  ],
  deliveryId: [{ body: ['MessageId'] }],
  type: [{ body: ['Type'] }],
  handshakes: [
    {
      verified: true,
      when: [{ at: { body: ['Type'] }, is: 'SubscriptionConfirmation' }],
      answer: {
        kind: 'fetch',
        at: { body: ['SubscribeURL'] },
        address: new RegExp(
          `^https://${HOST}/\\?Action=ConfirmSubscription&TopicArn=[A-Za-z0-9:%_.-]{1,300}&Token=[0-9a-f]{1,500}$`,
        ),
      },
    },
  ],
  secret: { prefix: 'arn:aws:sns:eu-west-1:123456789012:engine-parts#', encoding: 'test-key' },
  delivery: '15 s; retries as the delivery policy says',
  samples: {
    Notification: { headers: asText, body: message('Notification') },
    UnsubscribeConfirmation: { headers: asText, body: message('UnsubscribeConfirmation') },
  },
});

export default provider;

/** Messages of a topic: `awsSns('Notification')`. */
export const awsSns = selectFrom(provider);

function signed(version: '1' | '2', types: readonly string[], content: string): SignedContentScheme {
  return {
    kind: 'signed-content',
    when: [
      { at: { body: ['Type'] }, is: types },
      { at: { body: ['SignatureVersion'] }, is: version },
    ],
    signatures: [{ body: ['Signature'] }],
    algorithms: [
      {
        kind: 'rsa',
        hash: version === '1' ? 'sha1' : 'sha256',
        encoding: 'base64',
        certificate: {
          at: { body: ['SigningCertURL'] },
          address: new RegExp(`^https://${HOST}/SimpleNotificationService-[A-Za-z0-9]{1,100}\\.pem$`),
          example: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem',
          commonName: new RegExp(`^sns(?:(?:-signing)?[.-]${REGION})?\\.amazonaws\\.com(?:\\.cn)?$`),
          // Amazon serves the certificate alone, without those that lead to its authority.
          trust: 'address',
        },
      },
    ],
    content,
    covers: 'meaning',
    pinned: { body: ['TopicArn'] },
    timestamp: { at: { body: ['Timestamp'] }, unit: 'iso', toleranceSeconds: 3_600 },
  };
}

function asText() {
  return { 'content-type': 'text/plain; charset=UTF-8' };
}

function message(type: string) {
  return ({ uuid, unique, iso }: SampleSeed) => ({
    Type: type,
    MessageId: uuid('message'),
    ...(type === 'Notification'
      ? { Subject: 'Stock is low' }
      : { Token: unique, SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/' }),
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:engine-parts',
    Message: '{"part":"brass gear","left":3}',
    Timestamp: iso,
    SignatureVersion: '2',
    Signature: '',
    SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem',
  });
}
