import type { Provider, ProviderRequest } from '@hookline/core';
import { allProviders } from './all-providers.ts';
import type { BuiltProvider } from './define-provider.ts';
import { payloadOf } from './payload.ts';

const built: ReadonlyMap<string, BuiltProvider> = new Map(
  allProviders.map((provider) => [provider.name, provider]),
);

/** Every provider by its name. */
export const providers: ReadonlyMap<string, Provider> = built;

/**
 * The parsed body of an event: JSON, or the fields of a form (GitHub's and Slack's forms carry JSON in a field,
 * which is then the payload).
 * @param provider the provider's name; one that is not known here sends JSON only
 * @returns `undefined` when the body is neither; it never throws
 */
export function parsePayload(provider: string, headers: ProviderRequest['headers'], body: Buffer): unknown {
  const known = built.get(provider);
  return known ? known.payload({ headers, body }) : payloadOf({ headers, body });
}

export type { Select } from './select.ts';
export { expandTypes } from './select.ts';
export { github, type GitHubEvents } from './providers/github.ts';
export { shopify, type ShopifyEvents } from './providers/shopify.ts';
export { slack, type SlackEvents } from './providers/slack.ts';
export { standardWebhooks, type StandardWebhooksEvents } from './providers/standard-webhooks.ts';
export { stripe, type StripeEvents } from './providers/stripe.ts';
export { svix, type SvixEvents } from './providers/svix.ts';
