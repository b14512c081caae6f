import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Greenhouse's envelope. */
export interface GreenhousePayload<Action extends string = string> {
  readonly action: Action;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface GreenhouseEvents {
  [action: string]: GreenhousePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    greenhouse: GreenhouseEvents;
  }
}

/** Greenhouse signs the body alone; a blank stands between the algorithm's name and the signature. */
const provider = defineProvider({
  name: 'greenhouse',
  docs: 'https://developers.greenhouse.io/webhooks.html',
  schemes: [hmacScheme({ header: 'signature', label: 'sha256', labelSeparator: ' ' })],
  deliveryId: [
    { all: [{ header: 'greenhouse-event-id' }, { optional: { body: ['action'] } }], joinedBy: ':' },
  ],
  type: [{ body: ['action'] }],
  subject: [{ body: ['payload', 'application', 'id'] }, { body: ['payload', 'candidate', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '25 retries unless the webhook says otherwise; one whose first ping fails is disabled',
  samples: {
    new_candidate_application: { headers: eventId, body: newApplication },
    hire_candidate: { headers: eventId, body: hired },
  },
});

export default provider;

/** Greenhouse's events by action: `greenhouse('hire_candidate')`. */
export const greenhouse = selectFrom(provider);

function eventId({ number }: SampleSeed) {
  return { 'greenhouse-event-id': String(number('event')) };
}

function newApplication(seed: SampleSeed) {
  return { action: 'new_candidate_application', payload: { application: application(seed, 'active') } };
}

function hired(seed: SampleSeed) {
  return { action: 'hire_candidate', payload: { application: application(seed, 'hired') } };
}

function application({ number, iso }: SampleSeed, status: string) {
  return {
    id: number('application'),
    status,
    prospect: false,
    applied_at: iso,
    last_activity_at: iso,
    source: { id: 27, name: 'Referral' },
    current_stage: { id: number('stage'), name: 'Application Review', interviews: [] },
    candidate: {
      id: number('candidate'),
      first_name: 'Ada',
      last_name: 'Lovelace',
      email_addresses: [{ value: 'ada@example.com', type: 'personal' }],
      created_at: iso,
    },
    jobs: [{ id: number('job'), name: 'Engineer of the mill', status: 'open', opened_at: iso }],
  };
}
