import { describe, expect, it } from '@jest/globals';
import { nearest } from '../src/nearest.ts';

describe('the nearest name', () => {
  it.each([
    ['strpie', 'stripe'],
    ['Stripe', 'stripe'],
    ['stripes', 'stripe'],
    ['githib', 'github'],
    ['invoice.payed', 'invoice.paid'],
    ['nobody', undefined],
    ['x', undefined],
    ['', undefined],
  ])('of %j is %j', (asked, expected) => {
    expect(nearest(asked, ['stripe', 'github', 'invoice.paid'])).toBe(expected);
  });
});
