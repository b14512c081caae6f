import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Cloudflare's generic notification; what `data` holds depends on the alert. */
export interface CloudflarePayload<Type extends string = string> {
  readonly name?: string;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** Seconds since the epoch. */
  readonly ts?: number;
  readonly account_id?: string;
  readonly policy_id?: string;
  readonly policy_name?: string;
  readonly alert_type?: Type;
  readonly alert_correlation_id?: string;
  readonly alert_event?: string;
  readonly [field: string]: unknown;
}

export interface CloudflareEvents {
  [type: string]: CloudflarePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    cloudflare: CloudflareEvents;
  }
  interface UntrustedBodies {
    cloudflare: false;
  }
}

/** Cloudflare's notifications repeat the secret of the webhook in a header, which proves nothing about the body. */
const provider = defineProvider({
  name: 'cloudflare',
  docs: 'https://developers.cloudflare.com/notifications/get-started/configure-webhooks/',
  schemes: [{ kind: 'shared-secret', signatures: [{ header: 'cf-webhook-auth' }] }],
  deliveryId: [
    {
      all: [
        { body: ['policy_id'] },
        { body: ['alert_correlation_id'] },
        { body: ['alert_event'] },
        { body: ['ts'] },
      ],
      joinedBy: ':',
    },
  ],
  type: [{ body: ['alert_type'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    http_alert_origin_error: {
      body: (seed) =>
        alert(seed, 'http_alert_origin_error', 'The origin of example.com answers with errors.', {
          zone_name: 'example.com',
          fraction: 0.12,
          time_range: '5m',
        }),
    },
    dos_attack_l7: {
      body: (seed) =>
        alert(seed, 'dos_attack_l7', 'An attack on example.com was mitigated.', {
          attack_id: seed.uuid('attack'),
          attack_type: 'HTTP flood',
          mitigation: 'Block',
          target_hostname: 'example.com',
        }),
    },
  },
});

export default provider;

/** Cloudflare's notifications by type of alert: `cloudflare('dos_attack_l7')`. */
export const cloudflare = selectFrom(provider);

function alert({ uuid, seconds }: SampleSeed, type: string, text: string, data: object) {
  return {
    name: 'Mill alerts',
    text,
    data,
    ts: seconds,
    account_id: uuid('account').replaceAll('-', ''),
    policy_id: uuid('policy').replaceAll('-', ''),
    policy_name: 'Mill alerts',
    alert_type: type,
    alert_correlation_id: uuid('correlation').replaceAll('-', ''),
    alert_event: 'ALERT_STATE_EVENT_START',
  };
}
