import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One event of a batch. */
export interface SendgridPayload {
  readonly email: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly event: string;
  readonly sg_event_id: string;
  readonly sg_message_id?: string;
  readonly [field: string]: unknown;
}

export interface SendgridEvents {
  [type: string]: SendgridPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    sendgrid: SendgridEvents;
  }
}

/**
 * SendGrid signs `{timestamp}{body}`, line end and all, with ECDSA; the secret is the verification key that it shows
 * (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
 * Bodies are lists of events, each an event here.
 */
const provider = defineProvider({
  name: 'sendgrid',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ header: 'x-twilio-email-event-webhook-signature' }],
      algorithms: [{ kind: 'ecdsa-p256', encoding: 'base64' }],
      content: '{timestamp}{body}',
      timestamp: {
        at: { header: 'x-twilio-email-event-webhook-timestamp' },
        unit: 's',
        toleranceSeconds: 300,
      },
    },
  ],
  deliveryId: [{ body: ['sg_event_id'] }],
  type: [{ body: ['event'] }, { constant: 'inbound', where: { form: 'envelope' } }],
  form: 'fields',
  batch: { list: [] },
  subject: [{ body: ['sg_message_id'] }],
  secret: { prefix: '', encoding: 'test-key' },
  delivery: 'retries for 24 h after a 5xx',
  samples: { delivered: { body: events('delivered') }, bounce: { body: events('bounce') } },
});

export default provider;

/** SendGrid's events: `sendgrid('delivered', 'bounce')`. */
export const sendgrid = selectFrom(provider);

function events(event: string) {
  return ({ unique, seconds }: SampleSeed) =>
    `${JSON.stringify([
      {
        email: 'ada@example.com',
        timestamp: seconds,
        'smtp-id': `<${unique}@example.com>`,
        event,
        sg_event_id: unique,
        sg_message_id: `${unique}.recvd-0`,
        ...(event === 'bounce' ? { reason: '550 unknown user', status: '5.1.1', type: 'bounce' } : {}),
      },
    ])}\r\n`;
}
