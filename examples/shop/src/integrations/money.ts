// Stripe's amounts are in the smallest unit, but not always ISO 4217's: UGX and ISK have two decimals here for
// backward compatibility, MGA none (docs.stripe.com/currencies, 'Minor units' and 'Special cases').
const NO_DECIMALS: ReadonlySet<string> = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
);
const THREE_DECIMALS: ReadonlySet<string> = new Set('BHD JOD KWD OMR TND'.split(' '));

/**
 * An amount as people write it: `formatMoney(1050, 'usd')` is `$10.50`.
 * @param amount in Stripe's smallest unit of the currency, a whole number
 * @param currency an ISO 4217 code in either case
 * @throws RangeError when the currency is not a three-letter code
 */
export function formatMoney(amount: number, currency: string): string {
  const code = currency.toUpperCase();
  const decimals = NO_DECIMALS.has(code) ? 0 : THREE_DECIMALS.has(code) ? 3 : 2;
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: code,
    // Intl's own number of digits is CLDR's: it would show 10.50 forint as HUF 11.
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  // As text with an exponent: dividing first would lose the cents of very large amounts.
  return format.format(`${amount}E-${decimals}` as `${number}`);
}
