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

export interface MailgunEvents {
  [type: string]: MailgunPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    mailgun: MailgunEvents;
  }
  interface UntrustedBodies {
    mailgun: false;
  }
}

/**
 * Mailgun signs a time and a token in the body, and nothing that it says
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks): fetch the event again before
 * you believe it.
 */
const provider = defineProvider({
  name: 'mailgun',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ body: ['signature', 'signature'] }],
      algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'hex', key: { encoding: 'utf8' } }],
      content: '{timestamp}{json:signature.token}',
      timestamp: { at: { body: ['signature', 'timestamp'] }, unit: 's', toleranceSeconds: 300 },
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
  ],
  type: [{ body: ['event-data', 'event'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'retries for about 8 h; 406 stops them',
  samples: { delivered: { body: event('delivered') }, failed: { body: event('failed') } },
});

export default provider;

/** Mailgun's events: `mailgun('delivered')`. */
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
