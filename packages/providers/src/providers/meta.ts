import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { Locator, SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** One entry: an account, and what changed for it. */
export interface MetaPayload {
  readonly id: string;
  readonly time?: number;
  readonly changes?: readonly { readonly field: string; readonly value: unknown }[];
  readonly messaging?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

export interface MetaEvents {
  [type: string]: MetaPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    meta: MetaEvents;
  }
}

const VALUE = ['changes', '*', 'value'];

/** A message is one event for each account that it is news to, and of each kind: its sender may be an account of ours, too. */
function named(...parts: readonly Locator[]): Locator {
  const account = [{ root: ['object'] }, { body: ['id'] }, { body: ['changes', '*', 'field'] }];
  return { all: [...parts, ...account.map((optional) => ({ optional }))], joinedBy: ':' };
}

/**
 * Meta (Facebook, Instagram, WhatsApp, Messenger) signs the body alone, with the app's secret, after escaping what is
 * not ASCII (https://developers.facebook.com/docs/graph-api/webhooks/getting-started). Before that it asks, unsigned,
 * for a challenge back: add the verify token that you gave it to the source's secrets, as `token:…`. Each entry of a
 * request is an event here; an entry with one message or status has its id, any other its own bytes' hash.
 */
const provider = defineProvider({
  name: 'meta',
  schemes: [hmacScheme({ header: 'x-hub-signature-256', label: 'sha256' })],
  deliveryId: [
    named({ body: [...VALUE, 'messages', '*', 'id'] }),
    named(
      { body: [...VALUE, 'statuses', '*', 'id'] },
      { body: [...VALUE, 'statuses', '*', 'status'] },
      { optional: { body: [...VALUE, 'statuses', '*', 'recipient_id'] } },
    ),
    named(
      { body: ['messaging', '*', 'message', 'mid'] },
      { optional: { body: ['messaging', '*', 'message', 'is_echo'] } },
      { optional: { body: ['messaging', '*', 'message', 'is_deleted'] } },
    ),
  ],
  type: [
    { all: [{ root: ['object'] }, { body: ['changes', '*', 'field'] }] },
    { all: [{ root: ['object'] }, { nameIn: [], except: ['id', 'time', 'uid'] }] },
    { root: ['object'] },
  ],
  batch: { list: ['entry'] },
  handshakes: [
    {
      method: 'GET',
      verified: false,
      when: [{ at: { query: 'hub.mode' }, is: 'subscribe' }],
      token: { query: 'hub.verify_token' },
      answer: { kind: 'echo', of: { query: 'hub.challenge' } },
    },
  ],
  subject: [{ body: ['id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'retries for about 36 h, WhatsApp for 7 days',
  samples: {
    'whatsapp_business_account.messages': { body: whatsApp },
    'page.feed': { body: feed },
  },
});

export default provider;

/** Meta's events by object and field: `meta('whatsapp_business_account.messages')`, `meta('page.*')`. */
export const meta = selectFrom(provider);

function whatsApp({ unique, seconds }: SampleSeed) {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '14155550100', phone_number_id: '106540352242922' },
    contacts: [{ profile: { name: 'Ada Lovelace' }, wa_id: '14155550199' }],
    messages: [
      {
        from: '14155550199',
        id: `wamid.${unique}`,
        timestamp: String(seconds),
        type: 'text',
        text: { body: 'Is the mill running?' },
      },
    ],
  };
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [{ value, field: 'messages' }] }],
  };
}

function feed({ number, seconds }: SampleSeed) {
  const value = {
    item: 'comment',
    verb: 'add',
    post_id: `44444444_${number('post')}`,
    comment_id: `44444444_${number('comment')}`,
    message: 'Splendid',
    created_time: seconds,
  };
  return { object: 'page', entry: [{ id: '44444444', time: seconds, changes: [{ field: 'feed', value }] }] };
}
