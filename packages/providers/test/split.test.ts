import { describe, expect, it } from '@jest/globals';
import { providers } from '../src/index.ts';

function split(name: string, body: string | Buffer, headers: Record<string, string> = {}, url = '/') {
  const request = { method: 'POST', url, headers, body: Buffer.from(body) };
  return (providers.get(name)?.split(request) ?? []).map(({ body: bytes, ...rest }) => ({
    ...rest,
    body: bytes.toString('utf8'),
  }));
}

describe('a batch', () => {
  it('comes apart into the bytes of its events, whatever is between them', () => {
    const one =
      '{ "eventId": 12345678901234567890, "subscriptionId":1,"occurredAt":2,"subscriptionType":"a.b" , "n":1.0}';
    const two = '{"eventId":2,"text":"] , { \\"é♥\\\\","subscriptionType":"c"}';
    expect(split('hubspot', ` [ ${one} ,\r\n\t${two} ]\n`)).toEqual([
      {
        body: one,
        deliveryId: '12345678901234567890:1:2::a.b',
        type: 'a.b',
        bodyTrusted: true,
        repeats: false,
      },
      { body: two, type: 'c', bodyTrusted: true, repeats: false },
    ]);
  });

  it('of SendGrid, Xero, Adyen, Asana, Meta and Graph has an event for each item', () => {
    const types = (name: string, body: object) =>
      split(name, JSON.stringify(body)).map(({ deliveryId, type }) => [deliveryId, type]);
    expect(
      types('sendgrid', [
        { sg_event_id: 'a', event: 'open' },
        { sg_event_id: 'b', event: 'click' },
      ]),
    ).toEqual([
      ['a', 'open'],
      ['b', 'click'],
    ]);
    const xero = {
      tenantId: 't',
      resourceId: 'r:1',
      eventType: 'CREATE',
      eventDateUtc: 'd',
      eventCategory: 'INVOICE',
    };
    expect(types('xero', { events: [xero] })).toEqual([['t:r\\:1:CREATE:d:INVOICE', 'INVOICE.CREATE']]);
    const item = { pspReference: 'p', eventCode: 'CAPTURE', success: 'true' };
    expect(types('adyen', { notificationItems: [{ NotificationRequestItem: item }] })).toEqual([
      ['p:CAPTURE:true', 'CAPTURE'],
    ]);
    const task = { action: 'changed', resource: { resource_type: 'task' } };
    expect(types('asana', { events: [task, task] })).toEqual([
      [undefined, 'task.changed'],
      [undefined, 'task.changed'],
    ]);
    const value = { messages: [{ id: 'wamid.1' }] };
    const two = { messages: [{ id: 'wamid.1' }, { id: 'wamid.2' }] };
    const entry = [value, two].map((each) => ({ id: '1', changes: [{ field: 'messages', value: each }] }));
    expect(types('meta', { object: 'whatsapp_business_account', entry })).toEqual([
      ['wamid.1:whatsapp_business_account:1:messages', 'whatsapp_business_account.messages'],
      // Two messages are not one: without an id, the hash of its bytes is.
      [undefined, 'whatsapp_business_account.messages'],
    ]);
    expect(
      types('microsoft-graph', { value: [{ lifecycleEvent: 'missed' }, { changeType: 'updated' }] }),
    ).toEqual([
      [undefined, 'missed'],
      [undefined, 'updated'],
    ]);
  });

  it('that is empty has no events; one that is too large, or none, is one event', () => {
    expect(split('xero', '{"events":[]}')).toEqual([]);
    const large = JSON.stringify(Array.from({ length: 1_001 }, () => ({ event: 'open' })));
    expect(split('sendgrid', large).map(({ body }) => body)).toEqual([large]);
    for (const odd of ['', 'x', '{}', '{"events":{}}', '{"events":7}', '{"notificationItems":[{}]}'])
      expect(split('xero', odd)).toHaveLength(1);
    expect(split('adyen', '{"notificationItems":[{}]}')).toHaveLength(1);
  });
});

describe('an event whose body was not signed', () => {
  it.each([
    ['mailgun', '{}', {}, '/'],
    ['mercado-pago', '{}', {}, '/'],
    ['microsoft-graph', '{"value":[{}]}', {}, '/'],
    ['google-pubsub', '{}', { authorization: 'Bearer x' }, '/'],
    ['gitlab', '{}', { 'x-gitlab-token': 't' }, '/'],
    ['mollie', 'id=tr_1', {}, '/?token=t'],
    ['dropbox', '{}', { 'x-dropbox-signature': 'x' }, '/'],
  ])('of %s is marked', (name, body, headers, url) => {
    expect(split(name, body, headers as Record<string, string>, url)[0]?.bodyTrusted).toBe(false);
    expect(providers.get(name)?.bodyTrusted).toBe(false);
  });

  it('is marked by the signature that the request has', () => {
    expect(split('gitlab', '{}', { 'webhook-signature': 'v1,x' })[0]?.bodyTrusted).toBe(true);
    expect(split('mollie', '{}', { 'x-mollie-signature': 'sha256=x' })[0]?.bodyTrusted).toBe(true);
    expect(split('stripe', '{}')[0]?.bodyTrusted).toBe(true);
  });
});

describe('types', () => {
  it("are Twilio's by what the form has, Braintree's in the payload, X's by the name", () => {
    const type = (name: string, body: string) => split(name, body)[0]?.type;
    expect(type('twilio', 'MessageSid=SM1&MessageStatus=sent&SmsStatus=sent')).toBe('message.sent');
    expect(type('twilio', 'CallSid=CA1&CallStatus=ringing')).toBe('call.ringing');
    const xml = Buffer.from('<notification><kind>check</kind></notification>').toString('base64');
    expect(type('braintree', new URLSearchParams({ bt_payload: xml }).toString())).toBe('check');
    expect(type('x', '{"for_user_id":"1","favorite_events":[]}')).toBe('favorite_events');
    expect(type('mollie', 'id=ord_8wmqcHMN4U')).toBe('ord');
    expect(type('twitch', '{"subscription":{"status":"user_removed","type":"a"}}')).toBe(
      'revocation.user_removed',
    );
  });
});
