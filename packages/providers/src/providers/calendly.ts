import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Calendly's events; `payload` is the invitee, the form's submission, or what else happened. */
export interface CalendlyEvent {
  readonly event: string;
  /** ISO 8601. */
  readonly created_at: string;
  /** Who made the subscription. */
  readonly created_by: string;
  readonly payload: { readonly uri?: string; readonly [field: string]: unknown };
}

export interface CalendlyEvents {
  [type: string]: CalendlyEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    calendly: CalendlyEvents;
  }
}

/**
 * Calendly signs `{timestamp}.{body}`; three minutes are what its documentation suggests. Its events have no id:
 * the time is part of ours, because the same thing can happen twice to the same invitee.
 */
const provider = defineProvider({
  name: 'calendly',
  docs: 'https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures',
  schemes: [
    hmacScheme({
      header: 'calendly-webhook-signature',
      itemSeparator: ',',
      label: 'v1',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 180 },
    }),
  ],
  deliveryId: [
    { all: [{ body: ['event'] }, { body: ['created_at'] }, { body: ['payload', 'uri'] }], joinedBy: ':' },
  ],
  type: [{ body: ['event'] }],
  subject: [{ body: ['payload', 'uri'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'retries for about 24 h, then the subscription is switched off',
  samples: {
    'invitee.created': { body: (seed) => event(seed, 'invitee.created', invitee(seed)) },
    'invitee.canceled': {
      body: (seed) =>
        event(seed, 'invitee.canceled', {
          ...invitee(seed),
          status: 'canceled',
          cancellation: {
            canceled_by: 'Ada Lovelace',
            canceler_type: 'invitee',
            created_at: seed.iso,
            reason: 'The engine needs me.',
          },
        }),
    },
  },
});

export default provider;

/** Calendly's events: `calendly('invitee.created')`, `calendly('invitee.*')`. */
export const calendly = selectFrom(provider);

function event({ iso, uuid }: SampleSeed, type: string, payload: object) {
  return {
    created_at: iso,
    created_by: `https://api.calendly.com/users/${uuid('owner')}`,
    event: type,
    payload,
  };
}

function invitee({ iso, uuid }: SampleSeed) {
  const meeting = `https://api.calendly.com/scheduled_events/${uuid('meeting')}`;
  const page = 'https://calendly.com';
  return {
    uri: `${meeting}/invitees/${uuid('invitee')}`,
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    first_name: 'Ada',
    last_name: 'Lovelace',
    status: 'active',
    timezone: 'Europe/London',
    event: meeting,
    scheduled_event: {
      uri: meeting,
      name: 'Engine inspection',
      status: 'active',
      start_time: '2026-12-10T10:00:00.000000Z',
      end_time: '2026-12-10T10:30:00.000000Z',
      event_type: `https://api.calendly.com/event_types/${uuid('type')}`,
      location: { type: 'physical', location: 'The workshop' },
      event_memberships: [{ user: `https://api.calendly.com/users/${uuid('owner')}` }],
      created_at: iso,
      updated_at: iso,
    },
    questions_and_answers: [{ question: 'What is it about?', answer: 'A carry that is lost.', position: 0 }],
    cancel_url: `${page}/cancellations/${uuid('invitee')}`,
    reschedule_url: `${page}/reschedulings/${uuid('invitee')}`,
    rescheduled: false,
    old_invitee: null,
    new_invitee: null,
    no_show: null,
    payment: null,
    tracking: { utm_source: null, utm_medium: null, utm_campaign: null },
    created_at: iso,
    updated_at: iso,
  };
}
