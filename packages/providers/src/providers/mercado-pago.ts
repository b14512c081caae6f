import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

export interface MercadoPagoPayload {
  readonly id?: number | string;
  readonly live_mode?: boolean;
  readonly type?: string;
  readonly action?: string;
  readonly date_created?: string;
  readonly data?: { readonly id: string };
  readonly [field: string]: unknown;
}

export interface MercadoPagoEvents {
  [type: string]: MercadoPagoPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    'mercado-pago': MercadoPagoEvents;
  }
  interface UntrustedBodies {
    'mercado-pago': false;
  }
}

/**
 * Mercado Pago signs the `data.id` of the query, a request id and the time, and nothing of the body
 * (https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks): fetch the object that the
 * query names. Absent parts are left out of the signed text. It documents no age beyond which to refuse.
 */
const provider = defineProvider({
  name: 'mercado-pago',
  schemes: [
    hmacScheme({
      header: 'x-signature',
      itemSeparator: ',',
      label: 'v1',
      content: '[id:{query:data.id|lower};][request-id:{header:x-request-id};]ts:{timestamp};',
      timestamp: { at: { label: 'ts' }, unit: 'ms' },
    }),
  ],
  deliveryId: [
    {
      all: [
        { body: ['id'] },
        { optional: { body: ['type'] } },
        { optional: { body: ['action'] } },
        { optional: { body: ['data', 'id'] } },
        { optional: { body: ['user_id'] } },
      ],
      joinedBy: ':',
    },
    { all: [{ query: 'data.id' }, { body: ['action'] }, { header: 'x-request-id' }], joinedBy: ':' },
  ],
  repeats: true,
  type: [{ body: ['action'] }, { body: ['type'] }],
  subject: [{ body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '22 s',
  samples: {
    'payment.created': { headers: requestId, query: dataId('payment'), body: event('payment.created') },
    'payment.updated': { headers: requestId, query: dataId('payment'), body: event('payment.updated') },
  },
});

export default provider;

/** Mercado Pago's events by action: `mercadoPago('payment.created')`. */
export const mercadoPago = selectFrom(provider);

function requestId({ uuid }: SampleSeed) {
  return { 'x-request-id': uuid('request') };
}

function dataId(type: string) {
  return ({ number }: SampleSeed) => ({ 'data.id': String(number(type)), type });
}

function event(action: string) {
  return ({ number, iso }: SampleSeed) => ({
    id: number('notification'),
    live_mode: false,
    type: 'payment',
    date_created: iso,
    user_id: 44_444,
    api_version: 'v1',
    action,
    data: { id: String(number('payment')) },
  });
}
