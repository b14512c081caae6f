import { sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, globalAgent, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProviderRequest } from '@hookline/core';
import { selfSigned } from '@hookline/rig';
import { providers } from '../../src/index.ts';
import MessageValidator from '@hookline/test-sdks/sns';
import { agree, secretOf, theirs, verdicts, type Oracle } from './oracle.ts';
import { pairOf } from './test-keys.ts';

const CERTIFICATE_AT = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem';
const OF_NOTIFICATIONS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const OF_CONFIRMATIONS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

const plain = {
  Type: 'Notification',
  MessageId: 'da41e39f-ea4d-435a-b922-c6aae3915ebe',
  TopicArn: 'arn:aws:sns:eu-west-1:123456789012:engine-parts',
  Message: 'naïve ♥ \u2028 🧾\n"brass gear" \u001b',
  Timestamp: new Date().toISOString(),
  SignatureVersion: '2',
  SigningCertURL: CERTIFICATE_AT,
};
const confirmation = {
  ...plain,
  Type: 'SubscriptionConfirmation',
  Token: '2336412f37fb',
  SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription',
};

/** Serves the certificate over TLS with itself: the library fetches it, from here instead of from Amazon. */
let server: Server;
beforeAll(async () => {
  const { privateKey } = pairOf('rsa', secretOf(sns));
  const certificate = selfSigned('localhost', pairOf('rsa', secretOf(sns)));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  server = createServer({ key, cert: certificate }, (_, response) => response.end(certificate));
  await once(server.listen(0, 'localhost'), 'listening');
  globalAgent.options.ca = certificate;
});
afterAll(async () => {
  globalAgent.destroy();
  await once(server.close(), 'close');
});

const sns: Oracle = {
  provider: 'aws-sns',
  contentType: 'text/plain; charset=UTF-8',
  bodies: [
    { ...plain, Subject: 'Stock is low' },
    { ...plain, SignatureVersion: '1' },
    { ...plain, Extra: 'not signed' },
    confirmation,
    { ...confirmation, SignatureVersion: '1' },
  ].map((message) => JSON.stringify(message)),
  publicPart: (secret) => secret.replace(/#.*/, ''),
  otherSecret: 'arn:aws:sns:eu-west-1:123456789012:other',
  accepts: async ({ body }, topic) => {
    const message = JSON.parse(body.toString()) as Record<string, string>;
    const { port } = server.address() as AddressInfo;
    // The address is not signed; the library is told to allow this host.
    if (message['SigningCertURL'] === CERTIFICATE_AT)
      message['SigningCertURL'] = `https://localhost:${port}/certificate.pem`;
    await new Promise<void>((resolve, reject) =>
      new MessageValidator(/^localhost:\d+$/).validate(message, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    // What the documentation has a receiver check beside the signature.
    return message['TopicArn'] === topic;
  },
  signs: (request, secret) => {
    const message = JSON.parse(request.body.toString()) as Record<string, string>;
    return signedOver(
      message['Type'] === 'Notification' ? OF_NOTIFICATIONS : OF_CONFIRMATIONS,
      request,
      secret,
    );
  },
  changes: (request) =>
    ['Message', 'MessageId', 'Subject', 'TopicArn'].map((name) => {
      const message = JSON.parse(request.body.toString()) as Record<string, string>;
      return { ...request, body: Buffer.from(JSON.stringify({ ...message, [name]: `${message[name]}.` })) };
    }),
  get keys() {
    return new Map([[CERTIFICATE_AT, selfSigned('sns.amazonaws.com', pairOf('rsa', secretOf(sns)))]]);
  },
};

/** Without the key that samples are signed with: a real secret. */
const TOPIC = secretOf(sns).replace(/#.*/, '');

describe("Amazon's validator of SNS", () => {
  agree(sns);

  it('agrees that an address that is not Amazon’s names no certificate', async () => {
    const request = await theirs(sns);
    const body = Buffer.from(request.body.toString().replace('amazonaws.com', 'amazonaws.com.example.com'));
    expect(await verdicts(sns, { ...request, body })).toEqual({ library: 'refuses', we: 'malformed' });
  });

  it.each([
    'sns.s3.amazonaws.com',
    'sns.s3-eu-west-1.amazonaws.com',
    'sns.s3.eu-west-1.amazonaws.com',
    'sns.s3-accelerate.amazonaws.com',
    'sns.s3-website-eu-west-1.amazonaws.com',
    's3.eu-west-1.amazonaws.com/sns.eu-west-1.amazonaws.com',
    'sns.eu-west-1.amazonaws.com.example.com',
    'sns.eu-west-1.amazonaws.com@s3.amazonaws.com',
    'sqs.eu-west-1.amazonaws.com',
  ])('a certificate was taken from anybody’s bucket: %s', async (host) => {
    const request = await theirs(sns);
    const at = CERTIFICATE_AT.replace('sns.eu-west-1.amazonaws.com', host);
    const body = Buffer.from(request.body.toString().replace(CERTIFICATE_AT, at));
    const source = providers.get('aws-sns');
    expect(source?.keysNeeded({ ...request, body }, [TOPIC], Date.now())).toEqual([]);
    expect((await verdicts(sns, { ...request, body })).we).toBe('malformed');
  });

  it.each(['us-east-1', 'ap-southeast-2', 'us-gov-west-1', 'me-central-1'])(
    'is asked in %s',
    async (region) => {
      const request = await theirs(sns);
      const at = CERTIFICATE_AT.replace('eu-west-1', region);
      const body = Buffer.from(request.body.toString().replace(CERTIFICATE_AT, at));
      const source = providers.get('aws-sns');
      expect(source?.keysNeeded({ ...request, body }, [TOPIC], Date.now())).toEqual([at]);
    },
  );

  it.each([
    ['sns.amazonaws.com', true],
    ['sns-signing.me-south-1.amazonaws.com', true],
    ['sns-us-gov-west-1.amazonaws.com', true],
    ['sns-cn-north-1.amazonaws.com.cn', true],
    ['sns.s3.amazonaws.com', false],
    ['example.com', false],
    ['sns.amazonaws.com.example.com', false],
  ])('a certificate of the name %s counts: %s', async (name, counts) => {
    const request = await theirs(sns);
    const keys = new Map([[CERTIFICATE_AT, selfSigned(name, pairOf('rsa', secretOf(sns)))]]);
    const verdict = providers.get('aws-sns')?.verify(request, [TOPIC], Date.now(), keys);
    expect(verdict?.ok).toBe(counts);
  });

  it('accepts a message of any age; we no more than an hour, as it could be kept for ever', async () => {
    const Timestamp = new Date(Date.now() - 2 * 60 * 60_000).toISOString();
    expect(await verdicts(sns, await theirs(sns, 0, JSON.stringify({ ...plain, Timestamp })))).toEqual({
      library: 'accepts',
      we: 'stale',
    });
  });

  it('leaves out the token of a farewell; we hold it for signed, as Amazon documents', async () => {
    const farewell = JSON.stringify({ ...confirmation, Type: 'UnsubscribeConfirmation' });
    const documented = await theirs(sns, 0, farewell);
    expect(await verdicts(sns, documented)).toEqual({ library: 'refuses', we: 'accept' });
    const names = OF_CONFIRMATIONS.filter((name) => name !== 'Token');
    expect(await verdicts(sns, signedOver(names, documented, secretOf(sns)))).toEqual({
      library: 'accepts',
      we: 'mismatch',
    });
  });
});

function signedOver(names: readonly string[], request: ProviderRequest, secret: string): ProviderRequest {
  const message = JSON.parse(request.body.toString()) as Record<string, string>;
  const content = names
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
  const hash = message['SignatureVersion'] === '1' ? 'sha1' : 'sha256';
  const Signature = sign(hash, Buffer.from(content), pairOf('rsa', secret).privateKey).toString('base64');
  return { ...request, body: Buffer.from(JSON.stringify({ ...message, Signature })) };
}
