import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme, type StandardWebhooksEnvelope } from '../standard-webhooks-scheme.ts';

/** What happened to which service: ask Render's API for more. */
export type RenderPayload = StandardWebhooksEnvelope<{
  readonly id: string;
  readonly serviceId: string;
  readonly serviceName?: string;
  readonly status?: string;
  readonly [field: string]: unknown;
}>;

export interface RenderEvents {
  [type: string]: RenderPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    render: RenderEvents;
  }
}

/** Render signs as Standard Webhooks does. */
const provider = defineProvider({
  name: 'render',
  docs: 'https://render.com/docs/webhooks',
  schemes: [standardWebhooksScheme('webhook')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'serviceId'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  samples: {
    deploy_ended: { body: (seed) => event(seed, 'deploy_ended', { status: 'succeeded' }) },
    server_failed: { body: (seed) => event(seed, 'server_failed') },
  },
});

export default provider;

/** Render's events: `render('deploy_ended')`. */
export const render = selectFrom(provider);

function event({ unique, iso }: SampleSeed, type: string, more: object = {}) {
  return {
    type,
    timestamp: iso,
    data: { id: `evt-${unique}`, serviceId: 'srv-mill42', serviceName: 'mill', ...more },
  };
}
