import { describe, expect, it } from '@jest/globals';
import type { ProviderRequest } from '@hookline/core';
import { HmacValidator } from '@hookline/test-sdks/adyen';
import {
  agree,
  ours,
  secretOf,
  theirs,
  unsigned,
  verdicts,
  withHeader,
  withSpareBits,
  type Oracle,
} from './oracle.ts';

const validator = new HmacValidator();
type Item = Exclude<Parameters<typeof validator.calculateHmac>[0], string>;
interface Notification {
  readonly notificationItems: readonly { readonly NotificationRequestItem: Item }[];
}

const item = {
  amount: { currency: 'EUR', value: 4_900 },
  eventCode: 'AUTHORISATION',
  eventDate: '2026-11-22T08:00:00+01:00',
  merchantAccountCode: 'Engine:Parts',
  merchantReference: 'naïve ♥ \\ order',
  paymentMethod: 'mc',
  pspReference: 'PSP1',
  reason: '',
  success: 'true',
};

const payments: Oracle = {
  provider: 'adyen',
  bodies: [
    notification([item]),
    notification([item, { ...item, eventCode: 'REFUND', originalReference: 'PSP0', success: 'false' }]),
    notification([{ ...item, merchantReference: '', amount: { currency: 'JPY', value: 0 } }]),
  ],
  accepts: ({ body }, secret) => itemsOf(body).every((each) => validator.validateHMAC(each, secret)),
  signs: (request, secret) => ({
    ...request,
    body: Buffer.from(
      notification(
        itemsOf(request.body).map((each) => ({
          ...each,
          additionalData: { hmacSignature: validator.calculateHmac(each, secret) },
        })),
      ),
    ),
  }),
  changes: (request) =>
    [
      ['PSP1', 'PSP2'],
      ['Engine:Parts', 'Engine::Parts'],
      ['order', 'Order'],
      ['4900', '4901'],
      ['EUR', 'USD'],
      ['AUTHORISATION', 'CAPTURE'],
      ['"success":"true"', '"success":"false"'],
    ].map(([from = '', to = '']) => replaced(request, from, to)),
};

const platform: Oracle = {
  provider: 'adyen-platform',
  accepts: ({ headers, body }, secret) =>
    validator.validateHMACSignature(secret, headers['hmacsignature'] ?? '', body.toString()),
  signs: (request, secret) => {
    const signature = validator.calculateHmac(request.body.toString(), secret);
    return { ...request, headers: { ...request.headers, hmacsignature: signature } };
  },
};

describe("Adyen's own package, of payments", () => {
  agree(payments);

  it('agrees that one wrong item of two is enough to refuse', async () => {
    for (const request of [
      ours(payments, payments.bodies?.[1]),
      await theirs(payments, 0, payments.bodies?.[1]),
    ])
      expect(await verdicts(payments, replaced(request, 'REFUND', 'CAPTURE'))).toEqual({
        library: 'refuses',
        we: 'mismatch',
      });
  });

  it('agrees that what is not among the eight fields is not signed', async () => {
    const request = replaced(await theirs(payments), '"reason":""', '"reason":"none"');
    expect(await verdicts(payments, request)).toEqual({ library: 'accepts', we: 'accept' });
  });

  it('agrees that a key in small letters is the same key', async () =>
    expect(await verdicts(payments, await theirs(payments), secretOf(payments).toLowerCase())).toEqual({
      library: 'accepts',
      we: 'accept',
    }));

  it('agrees that an item without a signature is none', async () =>
    expect(await verdicts(payments, unsigned(payments))).toEqual({ library: 'refuses', we: 'missing' }));
});

describe("Adyen's own package, of platforms", () => {
  agree(platform);

  it('accepts a signature with spare bits set at its end; we take the one way to write it', async () => {
    const request = withHeader(await theirs(platform), 'hmacsignature', withSpareBits);
    expect(await verdicts(platform, request)).toEqual({ library: 'accepts', we: 'mismatch' });
  });
});

function notification(items: readonly object[]): string {
  const list = items.map((each) => ({ NotificationRequestItem: each }));
  return JSON.stringify({ live: 'false', notificationItems: list });
}

function itemsOf(body: Buffer): readonly Item[] {
  const { notificationItems } = JSON.parse(body.toString()) as Notification;
  return notificationItems.map(({ NotificationRequestItem }) => NotificationRequestItem);
}

function replaced(request: ProviderRequest, from: string, to: string): ProviderRequest {
  const text = request.body.toString();
  if (!text.includes(from)) throw new Error(`the body has no ${from}`);
  return { ...request, body: Buffer.from(text.replace(from, to)) };
}
