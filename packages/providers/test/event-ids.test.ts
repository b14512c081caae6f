import { describe, expect, it } from '@jest/globals';
import { bodyHash, type Provider } from '@hookline/core';
import { allProviders } from '../src/all-providers.ts';
import type { BuiltProvider } from '../src/define-provider.ts';
import { providers } from '../src/index.ts';

const NOW = 1_800_000_000_000;
const LATER = NOW + 90_000;

interface Given {
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

/** The ids that the receiver makes of a request, one for each event; an event that repeats has none to compare. */
function idsOf(provider: Provider | undefined, { body, headers = {}, query }: Given): readonly string[] {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const url = query === undefined ? '/webhooks/source' : `/webhooks/source?${query}`;
  const items = provider?.split({ method: 'POST', url, headers, body: bytes }) ?? [];
  return items.map(({ deliveryId, body: item }) => deliveryId ?? `body-${bodyHash(item)}`);
}

const built: readonly BuiltProvider[] = allProviders;

describe.each(built.map((provider) => [provider.name, provider] as const))('ids of %s', (_, provider) => {
  const secret = provider.makeSecret(Buffer.alloc(32, 7));
  const given = (type: string, unique: string, at = NOW): Given => {
    const sample = provider.sample(type, unique, NOW);
    if (!sample) throw new Error(`no sample of ${type}`);
    const { body, headers, query } = sample;
    const url = query === undefined ? 'https://a.example/hook' : `https://a.example/hook?${query}`;
    const unsigned = { method: 'POST', url, headers, body: Buffer.from(body) };
    const options = { deliveryId: `msg_${unique}` };
    const own = 'signed' in (provider.spec.deliveryId[0] ?? {}) ? options : undefined;
    const signed = provider.signRequest(unsigned, [secret], at, own);
    return { headers: signed.headers, body: signed.body.toString('utf8'), ...(query && { query }) };
  };

  it('make one event of two types, and of two items in one millisecond, never', () => {
    const ids = provider.sampleTypes.flatMap((type, index) =>
      ['1A2b3C', '9Z8y7X'].flatMap((unique) => idsOf(provider, given(type, `${unique}${index}`))),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are the same in a redelivery, which is signed anew', () => {
    for (const type of provider.sampleTypes) {
      expect(idsOf(provider, given(type, '1A2b3C', LATER))).toEqual(idsOf(provider, given(type, '1A2b3C')));
    }
  });
});

const shopify = {
  'x-shopify-event-id': 'e',
  'x-shopify-webhook-id': 'w1',
  'x-shopify-shop-domain': 'a.myshopify.com',
};
const zoomed = (participant: object) => ({
  event: 'meeting.participant_joined',
  event_ts: NOW,
  payload: { account_id: 'a', object: { uuid: 'u', participant } },
});
const done = (recipientId: string) => ({
  event: 'recipient-completed',
  generatedDateTime: '2026-01-01T00:00:00.0000000Z',
  data: { envelopeId: 'v', recipientId },
});
const changed = (fields: object) => [
  { eventId: 1, subscriptionId: 2, occurredAt: NOW, portalId: 3, objectId: 4, attemptNumber: 0, ...fields },
];
const report = (merchantAccountCode: string) => ({
  notificationItems: [
    {
      NotificationRequestItem: {
        pspReference: 'settlement_detail_report_batch_1.csv',
        eventCode: 'REPORT_AVAILABLE',
        success: 'true',
        merchantAccountCode,
      },
    },
  ],
});
const told = (entry: string, message: object) => ({
  object: 'instagram',
  entry: [{ id: entry, messaging: [{ message: { mid: 'm', ...message } }] }],
});
const reached = (recipient_id: string) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '1',
      changes: [{ field: 'messages', value: { statuses: [{ id: 's', status: 'read', recipient_id }] } }],
    },
  ],
});
const published = (parts: object) => ({
  webhook_id: '1',
  event_type: 'LIBRARY_PUBLISH',
  timestamp: '2026-01-01T00:00:00Z',
  file_key: 'f',
  retries: 0,
  ...parts,
});
const mailed = (timestamp: number, event = 'delivered') => ({ 'event-data': { id: 'i', event, timestamp } });
const pushed = (subscription: string) => ({ message: { messageId: '1' }, subscription });
const wooed = { 'x-wc-webhook-delivery-id': 'd', 'x-wc-webhook-topic': 'order.updated' };

describe('events that share what their provider calls an id', () => {
  it.each<[string, string, Given, Given]>([
    [
      'of one merchant action, with two topics',
      'shopify',
      { headers: { ...shopify, 'x-shopify-topic': 'orders/create' }, body: { id: 1 } },
      { headers: { ...shopify, 'x-shopify-topic': 'orders/paid' }, body: { id: 1 } },
    ],
    [
      'of one merchant action, in two places',
      'shopify',
      {
        headers: { ...shopify, 'x-shopify-topic': 'inventory_levels/update' },
        body: { inventory_item_id: 1 },
      },
      {
        headers: { ...shopify, 'x-shopify-topic': 'inventory_levels/update' },
        body: { inventory_item_id: 2 },
      },
    ],
    [
      'in two shops',
      'shopify',
      { headers: { ...shopify, 'x-shopify-topic': 'orders/create' }, body: {} },
      {
        headers: {
          ...shopify,
          'x-shopify-topic': 'orders/create',
          'x-shopify-shop-domain': 'b.myshopify.com',
        },
        body: {},
      },
    ],
    [
      'of two people who join at once',
      'zoom',
      { body: zoomed({ user_id: '1' }) },
      { body: zoomed({ user_id: '2' }) },
    ],
    ['of two recipients who sign at once', 'docusign', { body: done('1') }, { body: done('2') }],
    ['in two portals', 'hubspot', { body: changed({}) }, { body: changed({ portalId: 9 }) }],
    ['of two objects', 'hubspot', { body: changed({}) }, { body: changed({ objectId: 9 }) }],
    ['of two merchant accounts', 'adyen', { body: report('One') }, { body: report('Two') }],
    [
      'of a message and its deletion',
      'meta',
      { body: told('1', {}) },
      { body: told('1', { is_deleted: true }) },
    ],
    ['of both ends of a message', 'meta', { body: told('1', {}) }, { body: told('2', { is_echo: true }) }],
    ['of two who read one message', 'meta', { body: reached('1') }, { body: reached('2') }],
    [
      "of a library's components and styles",
      'figma',
      { body: published({ created_components: [{ key: 'k' }] }) },
      { body: published({ created_styles: [{ key: 'k' }] }) },
    ],
    ['on two days', 'mailgun', { body: mailed(1_800_000_000.5) }, { body: mailed(1_800_086_400.5) }],
    [
      'of two topics',
      'google-pubsub',
      { body: pushed('projects/p/subscriptions/a') },
      { body: pushed('projects/p/subscriptions/b') },
    ],
    [
      'of an order that changes twice in a second',
      'woocommerce',
      { headers: wooed, body: { id: 1, status: 'pending' } },
      { headers: wooed, body: { id: 1, status: 'paid' } },
    ],
    [
      'of two actions',
      'greenhouse',
      { headers: { 'greenhouse-event-id': '1' }, body: { action: 'hire_candidate' } },
      { headers: { 'greenhouse-event-id': '1' }, body: { action: 'update_candidate' } },
    ],
    [
      'of two sites',
      'jira',
      {
        headers: { 'x-atlassian-webhook-identifier': '1' },
        body: { issue: { self: 'https://a.example/1' } },
      },
      {
        headers: { 'x-atlassian-webhook-identifier': '1' },
        body: { issue: { self: 'https://b.example/1' } },
      },
    ],
    [
      'of two actions on one notification',
      'mercado-pago',
      { body: { id: 1, action: 'payment.created' } },
      { body: { id: 1, action: 'payment.updated' } },
    ],
  ])('%s are two: %s', (_, name, one, other) => {
    const provider = providers.get(name);
    const [ids, others] = [idsOf(provider, one), idsOf(provider, other)];
    expect(ids).toHaveLength(1);
    expect(others).not.toEqual(ids);
    expect(idsOf(provider, one)).toEqual(ids);
  });

  it('are still one when what differs counts the attempts', () => {
    const ids = (name: string, body: object) => idsOf(providers.get(name), { body });
    expect(ids('hubspot', changed({ attemptNumber: 1 }))).toEqual(ids('hubspot', changed({})));
    expect(ids('figma', published({ retries: 1 }))).toEqual(ids('figma', published({})));
    expect(ids('docusign', { ...done('1'), retryCount: 2 })).toEqual(ids('docusign', done('1')));
  });

  it('are each their own where a provider sends the same body for the next change', () => {
    const body = Buffer.from('{"event":"folderUpdated","folder_id":"1","webhook_id":"2"}');
    const [item] = providers.get('clickup')?.split({ method: 'POST', url: '/', headers: {}, body }) ?? [];
    expect(item).toMatchObject({ repeats: true, type: 'folderUpdated' });
    expect(item).not.toHaveProperty('deliveryId');
  });
});
