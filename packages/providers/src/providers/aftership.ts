import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** AfterShip's envelope around a tracking. */
export interface AfterShipPayload<Type extends string = string> {
  readonly event: Type;
  readonly event_id: string;
  /** Seconds since the epoch. */
  readonly ts: number;
  readonly is_tracking_first_tag?: boolean;
  readonly msg: {
    readonly id?: string;
    readonly tracking_number?: string;
    readonly tag?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface AfterShipEvents {
  [type: string]: AfterShipPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    aftership: AfterShipEvents;
  }
}

/** AfterShip's tracking webhooks sign the body alone. */
const provider = defineProvider({
  name: 'aftership',
  docs: 'https://www.aftership.com/docs/tracking/webhook/webhook-signature',
  schemes: [hmacScheme({ header: 'aftership-hmac-sha256', encoding: 'base64' })],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ body: ['event'] }],
  subject: [{ body: ['msg', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    tracking_update: { body: (seed) => event(seed, 'tracking_update', 'Delivered') },
    edd_revise: { body: (seed) => event(seed, 'edd_revise', 'InTransit') },
  },
});

export default provider;

/** AfterShip's events: `aftership('tracking_update')`. */
export const aftership = selectFrom(provider);

function event({ uuid, number, seconds, iso }: SampleSeed, type: string, tag: string) {
  return {
    event: type,
    event_id: uuid('event'),
    is_tracking_first_tag: true,
    msg: {
      id: uuid('tracking').replaceAll('-', ''),
      tracking_number: String(number('tracking')),
      slug: 'royal-mail',
      tag,
      title: 'Order 1042',
      order_id: '1042',
      active: tag !== 'Delivered',
      updated_at: iso,
      checkpoints: [{ checkpoint_time: iso, city: 'London', country_iso3: 'GBR', tag }],
    },
    ts: seconds,
  };
}
