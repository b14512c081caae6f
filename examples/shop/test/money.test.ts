import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney } from '../src/integrations/money.ts';

const CURRENCIES = [
  ...['JPY', 'KRW', 'VND', 'CLP', 'XOF', 'MGA'].map((code) => ({ code, decimals: 0 })),
  ...['USD', 'EUR', 'HUF', 'TWD', 'RSD', 'UGX', 'ISK'].map((code) => ({ code, decimals: 2 })),
  ...['BHD', 'JOD', 'KWD', 'OMR', 'TND'].map((code) => ({ code, decimals: 3 })),
];

describe('formatMoney', () => {
  it.each([
    [1050, 'usd', '$10.50'],
    [500, 'jpy', '¥500'],
    [5120, 'kwd', 'KWD\u00a05.120'],
    [1050, 'huf', 'HUF\u00a010.50'],
    [500, 'ugx', 'UGX\u00a05.00'],
    [0, 'eur', '€0.00'],
    [123_456_789, 'eur', '€1,234,567.89'],
  ])('writes %d %s as %s', (amount, currency, written) => {
    expect(formatMoney(amount, currency)).toBe(written);
  });

  it('keeps every digit of every amount, with the decimals Stripe gives the currency', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom(...CURRENCIES), (amount, { code, decimals }) => {
        const written = formatMoney(amount, code.toLowerCase());
        const [, fraction = ''] = written.split('.');
        expect(fraction).toHaveLength(decimals);
        expect(BigInt(written.replace(/\D/g, ''))).toBe(BigInt(amount));
      }),
    );
  });

  it('refuses what is no currency code', () => {
    expect(() => formatMoney(1, 'dollars')).toThrow(RangeError);
  });
});
