import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** An entry of LaunchDarkly's audit log. */
export interface LaunchDarklyPayload {
  readonly _id: string;
  readonly kind: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly accesses: readonly { readonly action: string; readonly resource: string }[];
  readonly title?: string;
  readonly titleVerb?: string;
  readonly [field: string]: unknown;
}

export interface LaunchDarklyEvents {
  [type: string]: LaunchDarklyPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    launchdarkly: LaunchDarklyEvents;
  }
  interface BareTypes {
    launchdarkly: true;
  }
}

/** LaunchDarkly signs the body alone, where the integration has a secret. Several actions at once have the kind alone. */
const provider = defineProvider({
  name: 'launchdarkly',
  docs: 'https://launchdarkly.com/docs/integrations/webhooks',
  schemes: [hmacScheme({ header: 'x-ld-signature' })],
  deliveryId: [{ body: ['_id'] }],
  type: [{ all: [{ body: ['kind'] }, { body: ['accesses', '*', 'action'] }] }, { body: ['kind'] }],
  bareTypesMatchSubtypes: true,
  subject: [{ body: ['target', 'resources', '*'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    'flag.updateOn': { body: (seed) => entry(seed, 'flag', 'updateOn', 'turned on the flag') },
    'project.createProject': {
      body: (seed) => entry(seed, 'project', 'createProject', 'created the project'),
    },
  },
});

export default provider;

/** LaunchDarkly's changes by kind and action: `launchdarkly('flag.updateOn')`; `launchdarkly('flag')` is every action. */
export const launchdarkly = selectFrom(provider);

function entry({ uuid, seconds }: SampleSeed, kind: string, action: string, titleVerb: string) {
  const resource = kind === 'flag' ? 'proj/engine:env/production:flag/keep-carry' : 'proj/engine';
  return {
    _id: uuid('entry').replaceAll('-', '').slice(0, 24),
    _accountId: uuid('account').replaceAll('-', '').slice(0, 24),
    date: seconds * 1_000,
    accesses: [{ action, resource }],
    kind,
    name: 'Keep the last carry',
    description: '',
    shortDescription: '',
    comment: '',
    member: { _id: 'ada', email: 'ada@example.com', role: 'admin', firstName: 'Ada', lastName: 'Lovelace' },
    titleVerb,
    title: `Ada Lovelace ${titleVerb}`,
    target: { name: 'Keep the last carry', resources: [resource] },
  };
}
