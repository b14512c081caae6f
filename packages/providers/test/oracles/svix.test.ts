import { describe } from '@jest/globals';
import { Webhook } from '@hookline/test-sdks/svix';
import { agreeOnStandardWebhooks, oracleOf } from './standard-webhooks.ts';

describe.each([
  ['svix', 'svix'],
  ['svix', 'webhook'],
  ['clerk', 'svix'],
] as const)("Svix's own library, of %s with %s-* headers", (provider, prefix) => {
  const create = (secret: string) => new Webhook(secret);
  agreeOnStandardWebhooks(oracleOf(provider, prefix, create), prefix, create);
});
