import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateKey, createPublicKey, sign as signWithKey } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ProviderRequest, SecretStore } from '@hookline/core';
import { selfSigned, TEST_CERTIFICATES } from '@hookline/rig';
import request from 'supertest';
import type { Source } from '@hookline/core';
import { NOW, signed, sourceOf, startReceiver, stopAll, type StartedReceiver } from './harness.ts';

afterEach(stopAll);

/** Sends a whole request as its provider signs it. */
function send(
  { server }: StartedReceiver,
  source: Source,
  body: string,
  changes: Partial<ProviderRequest> = {},
) {
  const path = `/webhooks/${source.name}`;
  const unsigned = {
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  };
  const { headers, body: bytes } = source.provider.signRequest(
    { ...unsigned, ...changes },
    source.secrets(),
    NOW,
  );
  return request(server).post(path).set(headers).send(bytes.toString('utf8'));
}

describe('a batch', () => {
  const events = [1, 2, 3].map((n) => ({
    eventId: n,
    subscriptionId: 1,
    occurredAt: 1,
    subscriptionType: `t.${n}`,
  }));

  it('is as many events, all recorded before it is answered', async () => {
    const source = sourceOf('hubspot');
    const receiver = await startReceiver({ sources: [source] });
    const first = await send(receiver, source, JSON.stringify(events.slice(0, 1))).expect(200);
    expect(Object.keys(first.body)).toEqual(['received', 'id', 'duplicate']);
    const { body } = await send(receiver, source, JSON.stringify(events)).expect(200);
    expect(body).toMatchObject({ received: true, id: first.body.id, duplicate: true });
    expect(body.events.map(({ duplicate }: { duplicate: boolean }) => duplicate)).toEqual([
      true,
      false,
      false,
    ]);
    expect(receiver.memory.events.map(({ type, body: bytes }) => [type, bytes.toString()])).toEqual(
      events.map((event) => [event.subscriptionType, JSON.stringify(event)]),
    );
  });

  it('of which one event cannot be kept is sent again, whole', async () => {
    const source = sourceOf('hubspot');
    let calls = 0;
    const receiver = await startReceiver({
      sources: [source],
      store: {
        async accept({ id }) {
          calls += 1;
          return calls === 2 ? { kind: 'unavailable', reason: 'full' } : { kind: 'accepted', id };
        },
      },
    });
    await send(receiver, source, JSON.stringify(events)).expect(503);
  });
});

describe('the answer that a provider wants', () => {
  it('is [accepted] for Adyen, nothing for Xero, 204 for Discord', async () => {
    const sources = ['adyen', 'xero', 'discord'].map((name) => sourceOf(name));
    const receiver = await startReceiver({ sources });
    for (const [index, [status, text]] of (
      [
        [200, '[accepted]'],
        [200, ''],
        [204, ''],
      ] as const
    ).entries()) {
      const source = sources[index];
      if (source === undefined) throw new Error('no source');
      const sample = source.provider.sample(source.provider.sampleTypes[0] ?? '', 'u', NOW);
      const answer = await send(receiver, source, sample?.body ?? '').expect(status);
      expect(answer.text).toBe(text);
      if (text !== '') expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.headers['hookline-event']).toBe(receiver.memory.events.at(-1)?.id);
    }
  });

  it('to Xero’s intent to receive is 200 or 401 without a body', async () => {
    const source = sourceOf('xero');
    const receiver = await startReceiver({ sources: [source] });
    const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3"}';
    expect((await send(receiver, source, body).expect(200)).text).toBe('');
    const wrong = await request(receiver.server)
      .post('/webhooks/xero')
      .set('x-xero-signature', 'AAAA')
      .send(body)
      .expect(401);
    expect(wrong.text).toBe('');
    expect(receiver.memory.calls).toBe(0);
  });
});

describe('a handshake', () => {
  it('without a signature is answered, and nothing is recorded', async () => {
    const sources = [sourceOf('dropbox'), sourceOf('intercom'), sourceOf('microsoft-graph')];
    const { server, memory } = await startReceiver({ sources });
    const echoed = await request(server).get('/webhooks/dropbox?challenge=abc').expect(200);
    expect(echoed.text).toBe('abc');
    expect(echoed.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    await request(server).head('/webhooks/intercom').expect(200);
    const graph = await request(server)
      .post('/webhooks/microsoft-graph?validationToken=a%20b%3A1')
      .expect(200);
    expect(graph.text).toBe('a b:1');
    await request(server).get('/webhooks/dropbox?challenge=%3Cscript%3E').expect(405);
    expect(memory.calls).toBe(0);
  });

  it('of Discord is refused with a wrong signature, and answered with a right one', async () => {
    const source = sourceOf('discord');
    const receiver = await startReceiver({ sources: [source] });
    const ping = '{"id":"1","type":1,"token":"t","application_id":"2"}';
    expect((await send(receiver, source, ping).expect(200)).text).toBe('{"type":1}');
    const headers = { ...signed(source, ping), 'x-signature-ed25519': '0'.repeat(128) };
    await request(receiver.server).post('/webhooks/discord').set(headers).send(ping).expect(401);
  });
});

describe('a secret that a provider brings', () => {
  const memoryStore = (): SecretStore & { readonly kept: string[] } => {
    const kept: string[] = [];
    return { kept, read: async () => [...kept], keep: async (_, secret) => void kept.unshift(secret) };
  };
  const asana = () => sourceOf('asana', { secrets: () => ['token:mine'] });
  const SECRET = 'b537207f20cbfa02357cf448134da559';
  const event = '{"events":[{"action":"changed","resource":{"resource_type":"task"}}]}';
  const signedBy = (secret: string) => asana().provider.sign(Buffer.from(event), [secret], NOW);
  const post = ({ server }: StartedReceiver, headers: Record<string, string>, query = '') =>
    request(server)
      .post(`/webhooks/asana${query}`)
      .set({ 'content-type': 'application/json', ...headers });

  it('is kept and used, by this receiver and the others', async () => {
    const secrets = memoryStore();
    const [one, other] = [
      await startReceiver({ sources: [asana()], secrets }),
      await startReceiver({ sources: [asana()], secrets }),
    ];
    await post(one, signedBy(SECRET)).send(event).expect(401);
    const greeting = await post(one, { 'x-hook-secret': SECRET }, '?token=mine').send('').expect(200);
    expect(greeting.headers['x-hook-secret']).toBe(SECRET);
    expect(secrets.kept).toEqual([SECRET]);
    await post(one, signedBy(SECRET)).send(event).expect(200);
    let status = 0;
    for (const end = Date.now() + 10_000; status !== 200 && Date.now() < end; await sleep(50))
      ({ status } = await post(other, signedBy(SECRET)).send(event));
    expect(status).toBe(200);
    await post(one, signedBy('mine')).send(event).expect(401);
  });

  it('is read by our own clock: no request asks the store for it', async () => {
    let reads = 0;
    const read = async () => {
      reads += 1;
      return [SECRET];
    };
    const receiver = await startReceiver({ sources: [asana()], secrets: { read, keep: async () => {} } });
    for (const end = Date.now() + 10_000; reads < 2 && Date.now() < end;) await sleep(50);
    expect(reads).toBeGreaterThanOrEqual(2);
    await post(receiver, signedBy(SECRET)).send(event).expect(200);
  });

  it('is not taken from who does not know the token, or without a store', async () => {
    const secrets = memoryStore();
    const receiver = await startReceiver({ sources: [asana()], secrets });
    await post(receiver, { 'x-hook-secret': SECRET }, '?token=other').send('').expect(401);
    await post(receiver, { 'x-hook-secret': SECRET }).send('').expect(401);
    expect(secrets.kept).toEqual([]);
    const without = await startReceiver({ sources: [asana()] });
    await post(without, { 'x-hook-secret': SECRET }, '?token=mine').send('').expect(503);
  });
});

describe('a key that stands elsewhere', () => {
  const certificate = selfSigned('sns.amazonaws.com', {
    privateKey: createPrivateKey(TEST_CERTIFICATES.key),
    publicKey: createPublicKey(TEST_CERTIFICATES.key),
  });
  const arn = 'arn:aws:sns:eu-west-1:123456789012:engine-parts';
  const source = sourceOf('aws-sns', { secrets: () => [arn] });
  const cert = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem';
  const confirm = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arn}&Token=2336`;

  function message(Type: 'Notification' | 'SubscriptionConfirmation') {
    const fields = {
      Message: 'hello',
      MessageId: 'm-1',
      ...(Type === 'Notification' ? {} : { SubscribeURL: confirm }),
      Timestamp: new Date(NOW).toISOString(),
      ...(Type === 'Notification' ? {} : { Token: '2336' }),
      TopicArn: arn,
      Type,
    };
    const text = Object.entries(fields)
      .map(([name, value]) => `${name}\n${value}\n`)
      .join('');
    const Signature = signWithKey(
      'sha256',
      Buffer.from(text),
      createPrivateKey(TEST_CERTIFICATES.key),
    ).toString('base64');
    return JSON.stringify({ ...fields, SignatureVersion: '2', Signature, SigningCertURL: cert });
  }

  it('is fetched first; until it is there the provider is asked to send again', async () => {
    const asked: string[][] = [];
    let there = false;
    const receiver = await startReceiver({
      sources: [source],
      remote: {
        prove: () => undefined,
        async get(urls) {
          asked.push([...urls]);
          return there ? new Map([[cert, certificate]]) : undefined;
        },
      },
    });
    const post = (body: string) =>
      request(receiver.server).post('/webhooks/aws-sns').set('content-type', 'text/plain').send(body);
    const waiting = await post(message('Notification')).expect(503);
    expect(waiting.headers['retry-after']).toBe('2');
    there = true;
    await post(message('Notification')).expect(200);
    await post(message('Notification').replace('hello', 'hallo')).expect(401);
    expect(asked).toEqual([[cert], [cert], [cert]]);
    await post(message('Notification').replace('amazonaws.com/Simple', 'evil.test/Simple')).expect(401);
    expect(asked).toHaveLength(3);
    expect(receiver.memory.events).toMatchObject([
      { type: 'Notification', providerId: 'm-1', bodyTrusted: true },
    ]);
  });

  it('lets a subscription be confirmed, at the address that was signed', async () => {
    const asked: string[] = [];
    let answer: ReadonlyMap<string, string> | undefined;
    const receiver = await startReceiver({
      sources: [source],
      remote: {
        prove: () => undefined,
        async get([url = '']) {
          asked.push(url);
          return url === cert ? new Map([[cert, certificate]]) : answer;
        },
      },
    });
    const post = (body: string) => request(receiver.server).post('/webhooks/aws-sns').send(body);
    await post(message('SubscriptionConfirmation')).expect(503);
    answer = new Map([[confirm, '<ConfirmSubscriptionResponse/>']]);
    await post(message('SubscriptionConfirmation')).expect(200);
    expect(asked).toEqual([cert, confirm, cert, confirm]);
    await post(message('SubscriptionConfirmation').replace('Token=2336', 'Token=2337')).expect(401);
    expect(receiver.memory.calls).toBe(0);
  });
});

describe('the log', () => {
  it('says the likely cause of a refusal, and the answer does not', async () => {
    const source = sourceOf('stripe');
    const { server, log } = await startReceiver({ sources: [source] });
    const body = '{"id":"evt_1","type":"a"}';
    const headers = signed(source, body);
    const answer = await request(server)
      .post('/webhooks/stripe')
      .set(headers)
      .send('{ "id": "evt_1", "type": "a" }')
      .expect(401);
    expect(log.lines.at(-1)).toMatchObject({
      message: 'refused',
      fields: { reason: 'mismatch', likely: expect.stringContaining('written anew') },
    });
    expect(answer.text).not.toContain('anew');
  });
});
