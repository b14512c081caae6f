import type { Source } from '@hookline/core';
import { describeProvider } from '@hookline/providers';
import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { NOW, sourceOf, startReceiver, stopAll, type StartedReceiver } from './harness.ts';

afterEach(stopAll);

const FORM = 'application/x-www-form-urlencoded';
const NO_INSTRUCTIONS = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

function post({ server }: StartedReceiver, source: Source, body: string, type: string) {
  const path = `/webhooks/${source.name}`;
  const unsigned = { method: 'POST', url: path, headers: { 'content-type': type }, body: Buffer.from(body) };
  const signed = source.provider.signRequest(unsigned, source.secrets(), NOW);
  return request(server).post(path).set(signed.headers).send(signed.body.toString('utf8'));
}

describe('an answer that its sender shows', () => {
  it.each([
    ['a dialog of Slack', `payload=${encodeURIComponent('{"type":"view_submission","trigger_id":"1"}')}`],
    ['a command of Slack', 'command=%2Fmill&text=on&trigger_id=2'],
  ])('said that connecting failed: %s', async (_, body) => {
    const source = sourceOf('slack');
    const receiver = await startReceiver({ sources: [source] });
    for (let time = 0; time < 2; time += 1) {
      const answer = await post(receiver, source, body, FORM);
      expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, '', undefined]);
      expect(answer.headers['hookline-event']).toBe(receiver.memory.events[0]?.id);
    }
    expect(receiver.memory.events).toHaveLength(1);
  });

  it('may say what it says to an event of Slack', async () => {
    const source = sourceOf('slack');
    const receiver = await startReceiver({ sources: [source] });
    const body = '{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}';
    const answer = await post(receiver, source, body, 'application/json');
    expect(answer.body).toMatchObject({ received: true, duplicate: false });
  });

  it('of Airtable is empty', async () => {
    const source = sourceOf('airtable');
    const receiver = await startReceiver({ sources: [source] });
    const answer = await post(receiver, source, '{"base":{"id":"a"}}', 'application/json');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});

describe('an answer that Twilio runs', () => {
  it.each([
    ['a call', 'CallSid=CA1&CallStatus=ringing', NO_INSTRUCTIONS],
    ['a message', 'MessageSid=SM1&SmsStatus=received&Body=Hello', NO_INSTRUCTIONS],
    ['a message of old', 'SmsSid=SM1&SmsStatus=received&Body=Hello', NO_INSTRUCTIONS],
    ['a hook of Conversations', 'EventType=onMessageAdd&MessageSid=IM1', ''],
    ['another form', 'TaskSid=WT1', ''],
  ])('was JSON, an application error: %s', async (_, body, text) => {
    const source = sourceOf('twilio');
    const receiver = await startReceiver({ sources: [source] });
    const answer = await post(receiver, source, body, FORM);
    expect([answer.status, answer.text ?? '']).toEqual([200, text]);
    if (text !== '') expect(answer.headers['content-type']).toBe('text/xml; charset=utf-8');
    expect(receiver.memory.events).toHaveLength(1);
  });

  it.each(['{"type":"com.twilio.messaging.message.sent"}', ' [{"type":"com.twilio.voice.status"}]'])(
    'is ours where nothing is run, of an event stream: %s',
    async (body) => {
      const source = sourceOf('twilio');
      const receiver = await startReceiver({ sources: [source] });
      const path = '/webhooks/twilio?bodySHA256=0';
      const unsigned = { method: 'POST', url: path, headers: {}, body: Buffer.from(body) };
      const signed = source.provider.signRequest(unsigned, source.secrets(), NOW);
      const answer = await request(receiver.server)
        .post(signed.url)
        .set({ ...signed.headers, 'content-type': 'application/json' })
        .send(body);
      expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ received: true })]);
    },
  );
});

describe('an answer that the settings leave out', () => {
  it.each([
    ['secret-header', 'header=x-secret; answer=empty'],
    ['basic-auth', 'answer=empty'],
    ['hmac', 'header=x-signature; answer=empty'],
  ])('is empty: %s', async (kind, text) => {
    const found = describeProvider(text, kind);
    if (!found.ok) throw new Error(found.problems.join('; '));
    const secrets = () => ['ada:lovelace'];
    const source = { name: 'acme', provider: found.provider, secrets, priorityOf: () => undefined };
    const receiver = await startReceiver({ sources: [source] });
    const answer = await post(receiver, source, '{}', 'application/json');
    expect([answer.status, answer.text]).toEqual([200, '']);
    const refused = await request(receiver.server).post('/webhooks/acme').send('{}');
    expect([refused.status, 'www-authenticate' in refused.headers]).toEqual([401, kind === 'basic-auth']);
  });
});

describe('a test of the connection by Bitbucket Server', () => {
  it('was refused, as it is not signed', async () => {
    const source = sourceOf('bitbucket');
    const { server, memory } = await startReceiver({ sources: [source] });
    const ask = (body: string) =>
      request(server)
        .post('/webhooks/bitbucket')
        .set({ 'x-event-key': 'diagnostics:ping', 'content-type': 'application/json' })
        .send(body);
    await ask('{"test": true}').expect(200);
    await ask('{"test": true, "push": {}}').expect(401);
    expect(memory.calls).toBe(0);
  });
});
