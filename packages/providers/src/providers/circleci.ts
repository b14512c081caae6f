import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What both of CircleCI's events have. */
export interface CircleCiEnvelope<Type extends string> {
  readonly id: string;
  readonly type: Type;
  /** ISO 8601. */
  readonly happened_at: string;
  readonly webhook: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string; readonly slug: string };
  readonly organization: { readonly id: string; readonly name: string };
  readonly pipeline: {
    readonly id: string;
    readonly number: number;
    readonly [field: string]: unknown;
  };
  readonly workflow: CircleCiWorkflow;
  readonly [field: string]: unknown;
}

export interface CircleCiWorkflow {
  readonly id: string;
  readonly name: string;
  readonly status?: string;
  readonly url?: string;
  readonly [field: string]: unknown;
}

export interface CircleCiJob {
  readonly id: string;
  readonly name: string;
  readonly number?: number;
  readonly status: string;
  readonly [field: string]: unknown;
}

export interface CircleCiEvents {
  'workflow-completed': CircleCiEnvelope<'workflow-completed'>;
  'job-completed': CircleCiEnvelope<'job-completed'> & { readonly job: CircleCiJob };
}

declare module '@hookline/core' {
  interface ProviderEvents {
    circleci: CircleCiEvents;
  }
}

/** CircleCI signs the body alone. Of the versions that its header may list there is one yet. */
const provider = defineProvider({
  name: 'circleci',
  docs: 'https://circleci.com/docs/outbound-webhooks/',
  schemes: [hmacScheme({ header: 'circleci-signature', itemSeparator: ',', label: 'v1' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['pipeline', 'id'] }, { body: ['project', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; retried later, and an event may come more than once',
  samples: {
    'workflow-completed': {
      headers: headersOf('workflow-completed'),
      body: (seed) => event(seed, 'workflow-completed'),
    },
    'job-completed': {
      headers: headersOf('job-completed'),
      body: (seed) => ({ ...event(seed, 'job-completed'), job: job(seed) }),
    },
  },
});

export default provider;

/** CircleCI's two events: `circleci('workflow-completed')`, `circleci('job-completed')`. */
export const circleci = selectFrom(provider);

function headersOf(type: string) {
  return () => ({ 'user-agent': 'CircleCI-Webhook/1.0', 'circleci-event-type': type });
}

function event({ uuid, iso }: SampleSeed, type: string) {
  return {
    id: uuid('event'),
    type,
    happened_at: iso,
    webhook: { id: uuid('webhook'), name: 'Engine' },
    project: { id: uuid('project'), name: 'engine', slug: 'github/ada/engine' },
    organization: { id: uuid('organization'), name: 'ada' },
    workflow: {
      id: uuid('workflow'),
      name: 'build-and-test',
      created_at: iso,
      stopped_at: iso,
      url: `https://app.circleci.com/pipelines/github/ada/engine/42/workflows/${uuid('workflow')}`,
      ...(type === 'workflow-completed' ? { status: 'success' } : {}),
    },
    pipeline: {
      id: uuid('pipeline'),
      number: 42,
      created_at: iso,
      trigger: { type: 'webhook' },
      vcs: {
        provider_name: 'github',
        origin_repository_url: 'https://github.com/ada/engine',
        revision: uuid('revision').replaceAll('-', '').padEnd(40, '0'),
        branch: 'main',
      },
    },
  };
}

function job({ uuid, iso }: SampleSeed) {
  return { id: uuid('job'), name: 'test', number: 117, status: 'success', started_at: iso, stopped_at: iso };
}
