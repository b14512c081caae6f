import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** A webhook event of Box. */
export interface BoxPayload {
  readonly type: 'webhook_event';
  readonly id?: string;
  readonly created_at?: string;
  readonly trigger: string;
  readonly webhook?: { readonly id: string; readonly type?: string };
  readonly source?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface BoxEvents {
  [type: string]: BoxPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    box: BoxEvents;
  }
}

/**
 * Box signs `{body}{timestamp}` with a primary and a secondary key, so that one can be replaced
 * (https://developer.box.com/guides/webhooks/v2/signatures-v2). Its bodies escape what is not ASCII.
 */
const provider = defineProvider({
  name: 'box',
  schemes: [
    {
      kind: 'signed-content',
      signatures: [{ header: 'box-signature-primary' }, { header: 'box-signature-secondary' }],
      requires: [
        { at: { header: 'box-signature-version' }, is: '1' },
        { at: { header: 'box-signature-algorithm' }, is: 'HmacSHA256' },
      ],
      algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'base64', key: { encoding: 'utf8' } }],
      content: '{body}{timestamp}',
      timestamp: { at: { header: 'box-delivery-timestamp' }, unit: 'iso', toleranceSeconds: 600 },
    },
  ],
  deliveryId: [{ body: ['id'] }, { header: 'box-delivery-id' }],
  type: [{ body: ['trigger'] }],
  subject: [{ body: ['source', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '30 s; about 10 retries',
  samples: {
    'FILE.UPLOADED': { headers: delivery, body: file('FILE.UPLOADED') },
    'FILE.DELETED': { headers: delivery, body: file('FILE.DELETED') },
  },
});

export default provider;

/** Box's events by trigger: `box('FILE.UPLOADED')`, `box('FILE.*')`. */
export const box = selectFrom(provider);

function delivery({ uuid }: SampleSeed) {
  return { 'box-delivery-id': uuid('delivery') };
}

function file(trigger: string) {
  return ({ uuid, number, iso }: SampleSeed) => ({
    type: 'webhook_event',
    id: uuid('event'),
    created_at: iso,
    trigger,
    webhook: { id: '1234567890', type: 'webhook' },
    created_by: { type: 'user', id: '2030392653', name: 'Ada Lovelace', login: 'ada@example.com' },
    source: { id: String(number('file')), type: 'file', name: 'Note G.txt', size: 1_842 },
    additional_info: [],
  });
}
