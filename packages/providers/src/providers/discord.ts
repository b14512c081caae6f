import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** An interaction, or the envelope of a webhook event. */
export interface DiscordPayload {
  readonly id?: string;
  readonly application_id?: string;
  readonly type?: number;
  readonly event?: { readonly type: string; readonly timestamp: string; readonly data?: unknown };
  readonly [field: string]: unknown;
}

export interface DiscordEvents {
  [type: string]: DiscordPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    discord: DiscordEvents;
  }
}

/**
 * Discord signs `{timestamp}{body}` with ed25519; the secret is the application's public key
 * (https://docs.discord.com/developers/interactions/overview, …/events/webhook-events). It sends wrong signatures on
 * purpose and removes an address that does not refuse them. Both of its pings are answered once they verify. Accepted
 * interactions are answered with nothing: reply to them from a handler, through Discord's API.
 */
const provider = defineProvider({
  name: 'discord',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ header: 'x-signature-ed25519' }],
      algorithms: [{ kind: 'ed25519', encoding: 'hex', keyEncoding: 'hex', publicKeyPrefix: '' }],
      content: '{timestamp}{body}',
      timestamp: { at: { header: 'x-signature-timestamp' }, unit: 's', toleranceSeconds: 300 },
    },
  ],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['event', 'type'] }, { all: [{ constant: 'interaction' }, { body: ['type'] }] }],
  handshakes: [
    {
      verified: true,
      when: [{ at: { body: ['type'] }, is: '1' }, { at: { body: ['token'] } }],
      answer: {
        kind: 'fixed',
        ack: { status: 200, contentType: 'application/json; charset=utf-8', body: '{"type":1}' },
      },
    },
    {
      verified: true,
      when: [{ at: { body: ['type'] }, is: '0' }, { at: { body: ['application_id'] } }],
      answer: { kind: 'fixed', ack: { status: 204, body: '' } },
    },
  ],
  ack: { status: 204, body: '' },
  secret: { prefix: '', encoding: 'test-key' },
  delivery: '3 s; retries for up to 10 min, then the address is removed',
  samples: { APPLICATION_AUTHORIZED: { body: authorized }, 'interaction.2': { body: command } },
});

export default provider;

/** Discord's webhook events by type and interactions by number: `discord('APPLICATION_AUTHORIZED')`. */
export const discord = selectFrom(provider);

function authorized({ number, iso }: SampleSeed) {
  return {
    version: 1,
    application_id: '1234567890123456789',
    type: 1,
    event: {
      type: 'APPLICATION_AUTHORIZED',
      timestamp: iso,
      data: { integration_type: 1, scopes: ['applications.commands'], user: { id: String(number('user')) } },
    },
  };
}

function command({ number, unique }: SampleSeed) {
  return {
    id: String(number('interaction')),
    application_id: '1234567890123456789',
    type: 2,
    token: `interaction${unique}`,
    version: 1,
    data: { id: '1234567890123456780', name: 'mill', type: 1 },
    channel_id: '1234567890123456781',
  };
}
