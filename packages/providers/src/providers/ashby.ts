import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Ashby's envelope. */
export interface AshbyPayload<Action extends string = string> {
  readonly action: Action;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface AshbyEvents {
  [action: string]: AshbyPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    ashby: AshbyEvents;
  }
}

/** Ashby signs the body alone. */
const provider = defineProvider({
  name: 'ashby',
  docs: 'https://developers.ashbyhq.com/docs/authenticating-webhooks',
  schemes: [hmacScheme({ header: 'ashby-signature', label: 'sha256' })],
  deliveryId: [],
  type: [{ body: ['action'] }],
  subject: [{ body: ['data', 'application', 'id'] }, { body: ['data', 'candidate', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'a webhook whose first ping fails is disabled',
  samples: {
    applicationSubmit: {
      body: (seed) => ({ action: 'applicationSubmit', data: { application: application(seed, 'Active') } }),
    },
    candidateHire: {
      body: (seed) => ({
        action: 'candidateHire',
        data: {
          application: application(seed, 'Hired'),
          offer: {
            id: seed.uuid('offer'),
            applicationId: seed.uuid('application'),
            acceptanceStatus: 'Accepted',
            decidedAt: seed.iso,
          },
        },
      }),
    },
  },
});

export default provider;

/** Ashby's events by action: `ashby('applicationSubmit')`. */
export const ashby = selectFrom(provider);

function application({ uuid, iso }: SampleSeed, status: string) {
  return {
    id: uuid('application'),
    createdAt: iso,
    updatedAt: iso,
    status,
    candidate: {
      id: uuid('candidate'),
      name: 'Ada Lovelace',
      primaryEmailAddress: { value: 'ada@example.com', type: 'Personal', isPrimary: true },
    },
    currentInterviewStage: { id: uuid('stage'), title: 'Application Review', type: 'Active' },
    job: { id: uuid('job'), title: 'Engineer of the mill' },
  };
}
