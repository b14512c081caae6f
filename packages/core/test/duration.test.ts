import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { milliseconds } from '../src/duration.ts';

describe('milliseconds', () => {
  it.each([
    [0, 0],
    [1_500, 1_500],
    [1.6, 2],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    [' 30s ', 30_000],
  ])('reads %p as %p ms', (duration, expected) => {
    expect(milliseconds(duration)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '30',
    's',
    '1 s',
    '1e3s',
    '-1s',
    '+1s',
    '1,5s',
    '.5s',
    '1.s',
    '1S',
    '1h30m',
    '30s\n40s',
    '0x10s',
    'NaNs',
    'Infinitys',
    `${'9'.repeat(400)}d`,
    Number.NaN,
    -1,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ])('refuses %p and says what to write', (duration) => {
    expect(() => milliseconds(duration)).toThrow(RangeError);
    expect(() => milliseconds(duration)).toThrow("like '30s'");
  });

  it.each([[undefined], [null], [{}], [true], [10n], [Symbol('30s')], [['30s']]])(
    'refuses %p from a module that no compiler has seen',
    (duration) => {
      expect(() => milliseconds(duration as unknown as number)).toThrow(RangeError);
    },
  );

  it('names the value that it refuses', () => {
    expect(() => milliseconds('soon')).toThrow('"soon" is not a duration');
    expect(() => milliseconds(Number.NaN)).toThrow('NaN is not a duration');
  });

  it('gives a finite whole number or throws, whatever the text', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd', '', ' s');
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.double(), unit).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (duration) => {
        let length: number;
        try {
          length = milliseconds(duration);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(Number.isInteger(length) && length >= 0).toBe(true);
      }),
    );
  });

  it('measures every unit in the next smaller one', () => {
    const sizes = [
      ['s', 'ms', 1_000],
      ['m', 's', 60],
      ['h', 'm', 60],
      ['d', 'h', 24],
    ] as const;
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom(...sizes), (count, [unit, smaller, size]) => {
        expect(milliseconds(`${count}${unit}`)).toBe(milliseconds(`${count * size}${smaller}`));
      }),
    );
  });
});
