import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isOlder } from '../src/index.ts';

describe('which version is older', () => {
  it('goes by size for numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), (a, b) => {
        expect(isOlder(a, b)).toBe(a < b);
        expect(isOlder(a, a)).toBe(false);
      }),
    );
  });

  it('goes by time for ISO times', () => {
    const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(isOlder(a.toISOString(), b.toISOString())).toBe(a.getTime() < b.getTime());
      }),
    );
  });

  it.each([
    [1, '1'],
    ['1', 1],
    [Number.NaN, 1],
    [1, Number.POSITIVE_INFINITY],
    [undefined, 1],
    [null, null],
    [{}, {}],
  ])('says what is wrong with %p beside %p', (a, b) => {
    expect(() => isOlder(a as number, b as number)).toThrow(/latest\(event\) gave/);
  });
});
