import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import { selectFrom } from '../select.ts';

/** Whose files changed, not how. */
export interface DropboxPayload {
  readonly list_folder?: { readonly accounts: readonly string[] };
  readonly delta?: { readonly users: readonly number[] };
  readonly [field: string]: unknown;
}

export interface DropboxEvents {
  [type: string]: DropboxPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    dropbox: DropboxEvents;
  }
  interface UntrustedBodies {
    dropbox: false;
  }
}

/**
 * Dropbox signs the body alone and says in it only whose files to look at
 * (https://www.dropbox.com/developers/reference/webhooks). Two requests with the same body are two events. Before that
 * it asks, unsigned, for a challenge back.
 */
const provider = defineProvider({
  name: 'dropbox',
  schemes: [hmacScheme({ header: 'x-dropbox-signature' })],
  bodyTrusted: false,
  deliveryId: [],
  repeats: true,
  type: [{ nameIn: [], except: [] }],
  handshakes: [{ method: 'GET', verified: false, answer: { kind: 'echo', of: { query: 'challenge' } } }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s',
  samples: {
    list_folder: {
      body: ({ unique, number }) => ({
        list_folder: { accounts: [`dbid:${unique}`] },
        delta: { users: [number('user')] },
      }),
    },
    delta: { body: ({ number }) => ({ delta: { users: [number('user')] } }) },
  },
});

export default provider;

/** Dropbox's notifications: `dropbox('list_folder')`. */
export const dropbox = selectFrom(provider);
