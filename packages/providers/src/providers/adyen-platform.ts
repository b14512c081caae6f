import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Adyen's platform webhooks. */
export interface AdyenPlatformPayload {
  readonly type: string;
  readonly environment?: string;
  readonly timestamp?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface AdyenPlatformEvents {
  [type: string]: AdyenPlatformPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'adyen-platform': AdyenPlatformEvents;
  }
}

/**
 * Adyen's webhooks for platforms and the balance platform: the body is signed, in a header, with a key in hex
 * (https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures).
 */
const provider = defineProvider({
  name: 'adyen-platform',
  schemes: [hmacScheme({ header: 'hmacsignature', encoding: 'base64', key: { encoding: 'hex' } })],
  deliveryId: [],
  type: [{ body: ['type'] }],
  secret: { prefix: '', encoding: 'HEX' },
  delivery: '10 s; 3 fast retries, then up to days',
  samples: {
    'balancePlatform.accountHolder.created': { body: holder('balancePlatform.accountHolder.created') },
    'balancePlatform.accountHolder.updated': { body: holder('balancePlatform.accountHolder.updated') },
  },
});

export default provider;

/** Adyen's platform events by type: `adyenPlatform('balancePlatform.*')`. */
export const adyenPlatform = selectFrom(provider);

function holder(type: string) {
  return ({ unique, iso }: SampleSeed) => ({
    data: {
      balancePlatform: 'EnginePlatform',
      accountHolder: {
        id: `AH${unique}`,
        status: 'Active',
        reference: 'holder-1',
        description: 'Ada Lovelace',
      },
    },
    environment: 'test',
    timestamp: iso,
    type,
  });
}
