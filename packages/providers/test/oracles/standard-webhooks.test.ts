import { describe } from '@jest/globals';
import { Webhook } from '@hookline/test-sdks/standard-webhooks';
import { agreeOnStandardWebhooks, oracleOf } from './standard-webhooks.ts';

describe.each(['standard-webhooks', 'openai'])("Standard Webhooks' own library, of %s", (provider) => {
  const create = (secret: string) => new Webhook(secret);
  agreeOnStandardWebhooks(oracleOf(provider, 'webhook', create), 'webhook', create);
});
