import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Vercel's envelope. */
export interface VercelPayload<Type extends string = string> {
  readonly id: string;
  readonly type: Type;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly region?: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface VercelEvents {
  [type: string]: VercelPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    vercel: VercelEvents;
  }
}

/** Vercel signs the body alone, with SHA-1; the secret is the webhook's, or the integration's client secret. */
const provider = defineProvider({
  name: 'vercel',
  docs: 'https://vercel.com/docs/webhooks/webhooks-api',
  schemes: [hmacScheme({ header: 'x-vercel-signature', hash: 'sha1' })],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['payload', 'project', 'id'] }, { body: ['payload', 'deployment', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '30 s; retries for up to 24 h',
  samples: {
    'deployment.succeeded': { body: (seed) => event(seed, 'deployment.succeeded', deployment(seed)) },
    'project.created': {
      body: (seed) =>
        event(seed, 'project.created', { project: { id: `prj_${seed.unique}`, name: 'analytical-engine' } }),
    },
  },
});

export default provider;

/** Vercel's events: `vercel('deployment.succeeded')`, `vercel('deployment.*')`. */
export const vercel = selectFrom(provider);

function event({ unique, seconds }: SampleSeed, type: string, payload: object) {
  return {
    id: unique,
    type,
    createdAt: seconds * 1_000,
    region: 'fra1',
    payload: { team: { id: 'team_engine' }, user: { id: 'user_ada' }, ...payload },
  };
}

function deployment({ unique }: SampleSeed) {
  return {
    deployment: {
      id: `dpl_${unique}`,
      name: 'analytical-engine',
      url: 'analytical-engine-ada.vercel.app',
      meta: { githubCommitRef: 'main', githubCommitMessage: 'Keep the last carry' },
    },
    links: {
      deployment: `https://vercel.com/ada/analytical-engine/${unique}`,
      project: 'https://vercel.com/ada/analytical-engine',
    },
    plan: 'pro',
    project: { id: 'prj_engine' },
    regions: ['fra1'],
    target: 'production',
  };
}
