import { defineProvider } from '../define-provider.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksSamples } from '../standard-webhooks-samples.ts';
import { standardWebhooksScheme, type StandardWebhooksEnvelope } from '../standard-webhooks-scheme.ts';

export interface StandardWebhooksEvents {
  [type: string]: StandardWebhooksEnvelope;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'standard-webhooks': StandardWebhooksEvents;
  }
}

/** Everybody who signs as Standard Webhooks says; the signed message id is the event's id. */
const provider = defineProvider({
  name: 'standard-webhooks',
  schemes: [standardWebhooksScheme('webhook')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  samples: standardWebhooksSamples,
});

export default provider;

/** Events of a sender that follows Standard Webhooks: `standardWebhooks('user.created')`. */
export const standardWebhooks = selectFrom(provider);
