import { describe } from '@jest/globals';
import { Resend } from '@hookline/test-sdks/resend';
import { Webhook } from '@hookline/test-sdks/standard-webhooks';
import { agree, type Oracle } from './oracle.ts';
import { oracleOf } from './standard-webhooks.ts';

const { webhooks } = new Resend('re_unused');

const resend: Oracle = {
  // Its package has no way to sign but the library that it verifies with.
  ...oracleOf('resend', 'svix', (secret) => new Webhook(secret)),
  accepts: ({ headers, body }, webhookSecret) =>
    webhooks.verify({
      payload: body.toString(),
      headers: {
        id: headers['svix-id'] ?? '',
        timestamp: headers['svix-timestamp'] ?? '',
        signature: headers['svix-signature'] ?? '',
      },
      webhookSecret,
    }),
};

describe("Resend's own package", () => agree(resend));
