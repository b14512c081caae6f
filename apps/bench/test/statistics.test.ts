import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inRounds, type Measured } from '../src/measure/rounds.ts';
import { interleaved, median, pairedRatio, percentile, spreadOf } from '../src/measure/statistics.ts';

describe('what rounds come to', () => {
  it('is the middle one, and the lowest and highest beside it', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spreadOf([5, 9, 7])).toEqual({ median: 7, low: 5, high: 9, values: [5, 9, 7] });
    expect(() => median([])).toThrow(RangeError);
  });

  it('leaves what it was given as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('takes percentiles by nearest rank', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, at) => at + 1);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)]).toEqual([
      50, 99, 100,
    ]);
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('compares round with round: a slow one slows both', () => {
    // Twice as fast in every round, though the medians (12 and 5) say otherwise.
    expect(pairedRatio(spreadOf([20, 8, 12]), spreadOf([10, 4, 6]))).toBe(2);
  });
});

describe('the order of rounds', () => {
  it('begins each with another one', () => {
    expect(interleaved(['a', 'b', 'c'], 4)).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ]);
    expect(interleaved([], 2)).toEqual([[], []]);
  });

  it('has everybody once in every round, whoever and how many they are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (all, rounds) => {
          const orders = interleaved(all, rounds);
          expect(orders).toHaveLength(rounds);
          for (const order of orders) expect(order.toSorted()).toEqual(all.toSorted());
        },
      ),
    );
  });

  it('is kept to, and the warm-up is not counted', async () => {
    const order: string[] = [];
    const rows = await inRounds({
      contenders: [{ name: 'a' }, { name: 'b' }],
      rounds: 2,
      say: () => undefined,
      measure: async ({ name }, round): Promise<Measured> => {
        order.push(`${name}${round}`);
        return { figures: { round }, problems: name === 'b' && round === 2 ? ['lost one'] : [] };
      },
    });
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'b2', 'a2']);
    expect(rows).toEqual([
      { name: 'a', figures: { round: spreadOf([1, 2]) }, problems: [] },
      { name: 'b', figures: { round: spreadOf([1, 2]) }, problems: ['lost one'] },
    ]);
  });
});
