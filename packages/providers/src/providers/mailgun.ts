import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

export interface MailgunPayload {
  readonly signature: { readonly timestamp: string; readonly token: string; readonly signature: string };
  readonly 'event-data': {
    readonly id: string;
    readonly event: string;
    readonly timestamp?: number;
    readonly recipient?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What a route forwards: the message's fields and headers by their names. */
export interface MailgunMessage {
  readonly recipient: string;
  readonly sender?: string;
  readonly from?: string;
  readonly subject?: string;
  readonly 'body-plain'?: string;
  readonly 'stripped-text'?: string;
  /** JSON: a list of names and values. */
  readonly 'message-headers'?: string;
  /** `attachment-1` and so on are files. */
  readonly [field: string]: string | MailgunFile | undefined;
}

export interface MailgunFile {
  readonly filename?: string;
  readonly type?: string;
  readonly content: Buffer;
}

type MailgunEvent =
  | 'accepted'
  | 'clicked'
  | 'complained'
  | 'delivered'
  | 'failed'
  | 'list_member_upload_error'
  | 'list_member_uploaded'
  | 'list_uploaded'
  | 'opened'
  | 'rejected'
  | 'stored'
  | 'unsubscribed';

export interface MailgunEvents extends Record<MailgunEvent, MailgunPayload> {
  /** A received message. */
  inbound: MailgunMessage;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    mailgun: MailgunEvents;
  }
  interface UntrustedBodies {
    mailgun: false;
  }
}

const ALGORITHM = { kind: 'hmac', hash: 'sha256', encoding: 'hex', key: { encoding: 'utf8' } } as const;

/**
 * Mailgun signs a time and a token in the body, and nothing that it says
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks): fetch the event again before
 * you believe it. A route forwards a received message as a form, in parts where it has attachments, which may take more
 * than a MiB: set `WEBHOOK_BODY_LIMIT_<SOURCE>`
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http).
 */
const provider = defineProvider({
  name: 'mailgun',
  schemes: [
    {
      kind: 'signed-content',
      when: [{ at: { body: ['signature', 'token'] } }],
      signatures: [{ body: ['signature', 'signature'] }],
      algorithms: [ALGORITHM],
      content: '{timestamp}{json:signature.token}',
      timestamp: { at: { body: ['signature', 'timestamp'] }, unit: 's', toleranceSeconds: 300 },
    },
    {
      kind: 'signed-content',
      when: [{ at: { form: 'token' } }],
      signatures: [{ form: 'signature' }],
      algorithms: [ALGORITHM],
      content: '{timestamp}{form:token}',
      timestamp: { at: { form: 'timestamp' }, unit: 's', toleranceSeconds: 300 },
    },
  ],
  deliveryId: [
    {
      // An id is unique within one day only, and the time is no whole number.
      all: [
        { body: ['event-data', 'id'] },
        { optional: { body: ['event-data', 'event'] } },
        { optional: { digestOf: ['event-data', 'timestamp'] } },
      ],
      joinedBy: ':',
    },
    { all: [{ form: 'event' }, { form: 'token' }], joinedBy: ':' },
    // The token is that of one attempt.
    { all: [{ form: 'Message-Id' }, { form: 'recipient' }], joinedBy: ':' },
    { form: 'token' },
  ],
  type: [
    { body: ['event-data', 'event'] },
    { form: 'event' },
    { constant: 'inbound', where: { form: 'recipient' } },
  ],
  form: 'fields',
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'retries for about 8 h; 406 stops them',
  samples: {
    delivered: { body: event('delivered') },
    failed: { body: event('failed') },
    inbound: {
      headers: () => ({ 'content-type': 'application/x-www-form-urlencoded' }),
      body: inbound,
    },
  },
});

export default provider;

/** Mailgun's events: `mailgun('delivered')`; a message that a route forwards is `mailgun('inbound')`. */
export const mailgun = selectFrom(provider);

function event(type: string) {
  return ({ unique, seconds, uuid }: SampleSeed) => ({
    signature: { timestamp: '', token: `${uuid('token').replaceAll('-', '')}${unique}`, signature: '' },
    'event-data': {
      id: unique,
      event: type,
      timestamp: seconds + 0.521,
      recipient: 'ada@example.com',
      'recipient-domain': 'example.com',
      message: { headers: { 'message-id': `${unique}@mg.example.com`, subject: 'Your receipt' } },
    },
  });
}

function inbound({ unique, uuid }: SampleSeed): string {
  return new URLSearchParams({
    recipient: 'engine@mg.example.com',
    sender: 'ada@example.com',
    from: 'Ada Lovelace <ada@example.com>',
    subject: 'Note G',
    'body-plain': 'The engine might compose music.',
    'stripped-text': 'The engine might compose music.',
    'Message-Id': `<${unique}@example.com>`,
    timestamp: '',
    token: `${uuid('token').replaceAll('-', '')}${unique}`,
    signature: '',
  }).toString();
}
