import { HMAC } from './hmac-provider.ts';
import { BASIC_AUTH, SECRET_HEADER } from './secret-provider.ts';
import { selectFrom } from './select.ts';

/** What providers send that are described in the settings: nobody but you knows. */
export interface DescribedEvents {
  [type: string]: unknown;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    hmac: DescribedEvents;
    'secret-header': DescribedEvents;
    'basic-auth': DescribedEvents;
  }
  interface UntrustedBodies {
    hmac: boolean;
    'secret-header': false;
    'basic-auth': false;
  }
}

/** Events of providers that are described in the settings, by source: `hmac.source('acme')('order.created')`. */
export const hmac = selectFrom({ name: HMAC, bareTypesMatchSubtypes: false });

/** Events of senders that put their secret in a header, by source: `secretHeader.source('telegram')('message')`. */
export const secretHeader = selectFrom({ name: SECRET_HEADER, bareTypesMatchSubtypes: false });

/** Events of senders that log in with a user and a password, by source: `basicAuth.source('acme')('order.created')`. */
export const basicAuth = selectFrom({ name: BASIC_AUTH, bareTypesMatchSubtypes: false });
