import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme } from '../standard-webhooks-scheme.ts';

/** OpenAI's events name a response, batch, job or run that is to be fetched. */
export interface OpenAIEvent {
  readonly id: string;
  readonly object?: 'event';
  /** Seconds since the epoch. */
  readonly created_at: number;
  readonly type: string;
  readonly data: { readonly id?: string; readonly [field: string]: unknown };
}

export interface OpenAIEvents {
  [type: string]: OpenAIEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    openai: OpenAIEvents;
  }
}

/** OpenAI signs as Standard Webhooks says; the signed message id stays the same in retries. */
const provider = defineProvider({
  name: 'openai',
  docs: 'https://platform.openai.com/docs/guides/webhooks',
  schemes: [standardWebhooksScheme('webhook')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'id'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  delivery: 'retries for up to 72 h; a redirect counts as a failure',
  samples: {
    'response.completed': { body: (seed) => event(seed, 'response.completed', 'resp') },
    'batch.completed': { body: (seed) => event(seed, 'batch.completed', 'batch') },
    'fine_tuning.job.succeeded': { body: (seed) => event(seed, 'fine_tuning.job.succeeded', 'ftjob') },
  },
});

export default provider;

/** OpenAI's events: `openai('response.completed')`, `openai('batch.*')`. */
export const openai = selectFrom(provider);

function event({ seconds, unique }: SampleSeed, type: string, prefix: string) {
  return {
    id: `evt_${unique}`,
    object: 'event',
    created_at: seconds,
    type,
    data: { id: `${prefix}_${unique}` },
  };
}
