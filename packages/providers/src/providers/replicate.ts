import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme } from '../standard-webhooks-scheme.ts';

/** A prediction or a training as Replicate's API has it. */
export interface ReplicatePayload<Status extends string = string> {
  readonly id: string;
  readonly status: Status;
  readonly version?: string;
  readonly model?: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: unknown;
  readonly error?: string | null;
  readonly logs?: string | null;
  readonly [field: string]: unknown;
}

export interface ReplicateEvents {
  [status: string]: ReplicatePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    replicate: ReplicateEvents;
  }
}

/** Replicate signs as Standard Webhooks does. Its events have no type but the status of the prediction. */
const provider = defineProvider({
  name: 'replicate',
  docs: 'https://replicate.com/docs/topics/webhooks/verify-webhook',
  schemes: [standardWebhooksScheme('webhook')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['status'] }],
  subject: [{ body: ['id'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  samples: {
    succeeded: { body: (seed) => prediction(seed, 'succeeded', { output: ['https://example.com/out.png'] }) },
    failed: {
      body: (seed) => prediction(seed, 'failed', { output: null, error: 'The mill ran out of steam' }),
    },
  },
});

export default provider;

/** Replicate's events by status: `replicate('succeeded')`. */
export const replicate = selectFrom(provider);

function prediction({ unique, iso }: SampleSeed, status: string, result: object) {
  return {
    id: unique.toLowerCase(),
    model: 'ada/weaver',
    version: 'hidden',
    status,
    input: { prompt: 'an analytical engine that weaves algebraical patterns' },
    error: null,
    logs: '',
    metrics: { predict_time: 2.14 },
    created_at: iso,
    started_at: iso,
    completed_at: iso,
    urls: {
      get: `https://api.replicate.com/v1/predictions/${unique.toLowerCase()}`,
      cancel: `https://api.replicate.com/v1/predictions/${unique.toLowerCase()}/cancel`,
    },
    ...result,
  };
}
