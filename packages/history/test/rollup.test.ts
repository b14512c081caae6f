import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blockStart, longestStepIn, MINUTE, STEPS, stretchesOf } from '../src/rollup/blocks.ts';
import { addHistograms, countOf, EMPTY, histogramOf, percentileOf } from '../src/rollup/histogram.ts';

const times = fc.array(fc.oneof(fc.nat(20), fc.nat(100_000), fc.nat(2_000_000_000)), {
  minLength: 1,
  maxLength: 80,
});
const of = (values: readonly number[]) => histogramOf(values.map((value) => [value, 1]));

describe('a histogram', () => {
  it('knows every percentile to a tenth', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const exact =
          values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(values.length * share)) - 1] ?? NaN;
        const found = percentileOf(of(values), share) ?? NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact / 10);
      }),
    );
  });

  it('sums to the same in any order', () => {
    fc.assert(
      fc.property(times, times, times, (a, b, c) => {
        const whole = of([...a, ...b, ...c]);
        expect(addHistograms(addHistograms(of(a), of(b)), of(c))).toEqual(whole);
        expect(addHistograms(of(c), addHistograms(of(b), of(a)))).toEqual(whole);
        expect(countOf(whole)).toBe(a.length + b.length + c.length);
      }),
    );
  });

  it('of nothing has no percentile, and takes what lasted less than nothing for nothing', () => {
    expect(percentileOf(EMPTY, 0.5)).toBeUndefined();
    expect(addHistograms(EMPTY, of([5]))).toEqual(of([5]));
    expect(percentileOf(of([-4]), 1)).toBe(0);
  });
});

describe('blocks', () => {
  it('make up any time, without a gap, and few of them', () => {
    const day = 1_440 * MINUTE;
    fc.assert(
      fc.property(fc.nat(900 * day), fc.nat(40 * day), (from, length) => {
        const until = from + length;
        const stretches = stretchesOf(from, until);
        let end = blockStart(MINUTE, from);
        let blocks = 0;
        for (const stretch of stretches) {
          expect(stretch.from).toBe(end);
          expect([stretch.from % stretch.step, stretch.until % stretch.step]).toEqual([0, 0]);
          expect(stretch.until).toBeGreaterThan(stretch.from);
          blocks += (stretch.until - stretch.from) / stretch.step;
          end = stretch.until;
        }
        expect(end).toBe(length === 0 && from % MINUTE === 0 ? from : Math.ceil(until / MINUTE) * MINUTE);
        expect(blocks).toBeLessThanOrEqual(length / (360 * MINUTE) + 2 * (4 + 5 + 11) + 2);
      }),
    );
  });

  it('are each made of shorter ones, and points of the longest that fit', () => {
    for (const [at, step] of STEPS.entries()) expect(step % (STEPS[at - 1] ?? step)).toBe(0);
    const minutes = [1, 5, 7, 15, 30, 45, 60, 360, 1_440];
    expect(minutes.map((each) => longestStepIn(each * MINUTE) / MINUTE)).toEqual([
      1, 5, 1, 5, 30, 5, 30, 360, 360,
    ]);
  });
});
