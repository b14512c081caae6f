import { HMAC } from './hmac-provider.ts';
import { selectFrom } from './select.ts';

/** What providers send that are described in the settings: nobody but you knows. */
export interface HmacEvents {
  [type: string]: unknown;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    hmac: HmacEvents;
  }
  interface UntrustedBodies {
    hmac: boolean;
  }
}

/** Events of providers that are described in the settings, by source: `hmac.source('acme')('order.created')`. */
export const hmac = selectFrom({ name: HMAC, bareTypesMatchSubtypes: false });
