// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import github from './providers/github.ts';
import shopify from './providers/shopify.ts';
import slack from './providers/slack.ts';
import standardWebhooks from './providers/standard-webhooks.ts';
import stripe from './providers/stripe.ts';
import svix from './providers/svix.ts';

export { github } from './providers/github.ts';
export { shopify } from './providers/shopify.ts';
export { slack } from './providers/slack.ts';
export { standardWebhooks } from './providers/standard-webhooks.ts';
export { stripe } from './providers/stripe.ts';
export { svix } from './providers/svix.ts';

export const allProviders = [
  github,
  shopify,
  slack,
  standardWebhooks,
  stripe,
  svix,
] as const;
