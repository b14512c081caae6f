import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The fields of a callback; all are text. JSON bodies have what Twilio's Event Streams put in them. */
export interface TwilioPayload {
  readonly AccountSid?: string;
  readonly MessageSid?: string;
  readonly MessageStatus?: string;
  readonly CallSid?: string;
  readonly CallStatus?: string;
  readonly From?: string;
  readonly To?: string;
  readonly Body?: string;
  readonly [field: string]: unknown;
}

export interface TwilioEvents {
  [type: string]: TwilioPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    twilio: TwilioEvents;
  }
}

const urlSigned = hmacScheme({
  header: 'x-twilio-signature',
  hash: 'sha1',
  encoding: 'base64',
  content: '{url}{form}',
  urlPort: 'optional',
});
const bodyDigest = { at: { query: 'bodySHA256' }, hash: 'sha256', encoding: 'hex' } as const;

const NOTHING = { status: 200, body: '' };
const NO_INSTRUCTIONS = {
  status: 200,
  contentType: 'text/xml; charset=utf-8',
  body: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
};

/**
 * Twilio signs the public address and the sorted fields of the form; of a JSON body, a digest in the query
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-security). Its own libraries take the address with or without
 * its port, as older calls were signed differently. It runs what it is answered to a call or a message, as TwiML: here
 * nothing, so that a call is not taken further.
 */
const provider = defineProvider({
  name: 'twilio',
  schemes: [
    { ...urlSigned, when: [{ at: { query: 'bodySHA256' } }], content: '{url}', digest: bodyDigest },
    urlSigned,
  ],
  deliveryId: [
    { all: [{ form: 'MessageSid' }, { form: 'MessageStatus' }], joinedBy: ':' },
    { all: [{ form: 'MessageSid' }, { form: 'SmsStatus' }], joinedBy: ':' },
    { all: [{ form: 'CallSid' }, { form: 'CallStatus' }, { form: 'SequenceNumber' }], joinedBy: ':' },
    { header: 'i-twilio-idempotency-token' },
  ],
  type: [
    { all: [{ constant: 'message' }, { form: 'MessageStatus' }] },
    { all: [{ constant: 'message' }, { form: 'SmsStatus' }] },
    { all: [{ constant: 'call' }, { form: 'CallStatus' }] },
    { body: ['type'] },
  ],
  form: 'fields',
  acks: [
    // Of Conversations, whose hooks read JSON: nothing lets what they ask about happen.
    { when: [{ at: { form: 'EventType' } }], ack: NOTHING },
    { when: [{ at: { form: 'CallSid' } }], ack: NO_INSTRUCTIONS },
    { when: [{ at: { form: 'MessageSid' } }], ack: NO_INSTRUCTIONS },
    { when: [{ at: { form: 'SmsSid' } }], ack: NO_INSTRUCTIONS },
    { when: [{ at: 'body', matches: /^(?!\s*[{[])/ }], ack: NOTHING },
  ],
  subject: [{ form: 'CallSid' }, { form: 'MessageSid' }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '15 s; one retry when no connection can be made',
  samples: {
    'message.delivered': { headers: asForm, body: message('delivered') },
    'message.received': { headers: asForm, body: message('received') },
    'call.completed': { headers: asForm, body: call },
  },
});

export default provider;

/** Twilio's callbacks by kind and status: `twilio('message.delivered')`, `twilio('call.*')`. */
export const twilio = selectFrom(provider);

function asForm() {
  return { 'content-type': 'application/x-www-form-urlencoded' };
}

function message(status: string) {
  return ({ unique }: SampleSeed) =>
    new URLSearchParams({
      AccountSid: 'AC0123456789abcdef0123456789abcdef',
      ApiVersion: '2010-04-01',
      MessageSid: `SM${unique}`,
      SmsSid: `SM${unique}`,
      From: '+14155550100',
      To: '+14155550199',
      ...(status === 'received'
        ? { SmsStatus: status, Body: 'Is the mill running? ♥', NumMedia: '0', NumSegments: '1' }
        : { MessageStatus: status, SmsStatus: status }),
    }).toString();
}

function call({ unique, seconds }: SampleSeed) {
  return new URLSearchParams({
    AccountSid: 'AC0123456789abcdef0123456789abcdef',
    ApiVersion: '2010-04-01',
    CallSid: `CA${unique}`,
    CallStatus: 'completed',
    CallDuration: '42',
    Direction: 'outbound-api',
    From: '+14155550100',
    To: '+14155550199',
    SequenceNumber: '3',
    Timestamp: new Date(seconds * 1_000).toUTCString(),
  }).toString();
}
