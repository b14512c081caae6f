import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Cal.com's envelope, unless a template of your own takes its place. */
export interface CalComPayload<Type extends string = string> {
  readonly triggerEvent: Type;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly payload: {
    readonly uid?: string;
    readonly title?: string;
    readonly startTime?: string;
    readonly endTime?: string;
    readonly [field: string]: unknown;
  };
}

export interface CalComEvents {
  [type: string]: CalComPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'cal-com': CalComEvents;
  }
}

/** Cal.com signs the body alone. */
const provider = defineProvider({
  name: 'cal-com',
  docs: 'https://cal.com/docs/core-features/webhooks',
  schemes: [hmacScheme({ header: 'x-cal-signature-256' })],
  deliveryId: [],
  type: [{ body: ['triggerEvent'] }],
  form: 'fields',
  subject: [{ body: ['payload', 'uid'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    BOOKING_CREATED: { body: (seed) => event(seed, 'BOOKING_CREATED', { status: 'ACCEPTED' }) },
    BOOKING_CANCELLED: {
      body: (seed) =>
        event(seed, 'BOOKING_CANCELLED', { status: 'CANCELLED', cancellationReason: 'The mill is down' }),
    },
  },
});

export default provider;

/** Cal.com's events by trigger: `calCom('BOOKING_CREATED')`. */
export const calCom = selectFrom(provider);

function event({ unique, number, iso }: SampleSeed, triggerEvent: string, more: object) {
  const person = { name: 'Ada Lovelace', email: 'ada@example.com', timeZone: 'Europe/London' };
  return {
    triggerEvent,
    createdAt: iso,
    payload: {
      uid: unique,
      bookingId: number('booking'),
      type: 'demonstration',
      title: 'A demonstration of the engine',
      startTime: iso,
      endTime: iso,
      organizer: { ...person, language: { locale: 'en' } },
      attendees: [{ name: 'Charles Babbage', email: 'charles@example.com', timeZone: 'Europe/London' }],
      location: 'integrations:daily',
      length: 30,
      ...more,
    },
  };
}
