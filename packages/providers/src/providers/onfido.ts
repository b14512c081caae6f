import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What happened to which resource: fetch it for its fields. */
export interface OnfidoPayload<Action extends string = string> {
  readonly payload: {
    readonly resource_type: string;
    readonly action: Action;
    readonly object: {
      readonly id: string;
      readonly status?: string;
      readonly completed_at_iso8601?: string;
      readonly href?: string;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}

export interface OnfidoEvents {
  [action: string]: OnfidoPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    onfido: OnfidoEvents;
  }
}

/** Onfido signs the body alone, with the token of the webhook. */
const provider = defineProvider({
  name: 'onfido',
  docs: 'https://documentation.onfido.com/api/latest/#webhooks',
  schemes: [hmacScheme({ header: 'x-sha2-signature' })],
  deliveryId: [],
  type: [{ body: ['payload', 'action'] }],
  subject: [{ body: ['payload', 'object', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    'check.completed': { body: (seed) => event(seed, 'check', 'completed', 'complete') },
    'report.withdrawn': { body: (seed) => event(seed, 'report', 'withdrawn', 'withdrawn') },
  },
});

export default provider;

/** Onfido's events by action: `onfido('check.completed')`, `onfido('check.*')`. */
export const onfido = selectFrom(provider);

function event({ uuid, iso }: SampleSeed, resource: string, action: string, status: string) {
  return {
    payload: {
      resource_type: resource,
      action: `${resource}.${action}`,
      object: {
        id: uuid(resource),
        status,
        completed_at_iso8601: iso,
        href: `https://api.eu.onfido.com/v3.6/${resource}s/${uuid(resource)}`,
      },
    },
  };
}
