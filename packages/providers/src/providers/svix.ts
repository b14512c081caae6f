import { defineProvider } from '../define-provider.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksSamples } from '../standard-webhooks-samples.ts';
import { standardWebhooksScheme, type StandardWebhooksEnvelope } from '../standard-webhooks-scheme.ts';

export interface SvixEvents {
  [type: string]: StandardWebhooksEnvelope;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    svix: SvixEvents;
  }
}

/**
 * Svix signs as Standard Webhooks does, in headers of its own or in the standard's: a Svix sender chooses, and
 * Svix's libraries take both (https://docs.svix.com/receiving/verifying-payloads/how-manual). A request with
 * `svix-signature` is judged by the `svix-*` headers alone.
 */
const provider = defineProvider({
  name: 'svix',
  schemes: [standardWebhooksScheme('svix'), standardWebhooksScheme('webhook')],
  deliveryId: [{ signed: 'id' }],
  type: [{ body: ['type'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  samples: standardWebhooksSamples,
});

export default provider;

/** Events of a sender that uses Svix: `svix('user.created')`. */
export const svix = selectFrom(provider);
