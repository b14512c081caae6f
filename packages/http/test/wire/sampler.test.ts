import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSampler } from '../../src/wire/sampler.ts';

function sampler(most: number, start = 0) {
  const clock = { time: start };
  const missed: number[] = [];
  const may = createSampler(
    most,
    1_000,
    (count) => missed.push(count),
    () => clock.time,
  );
  return { clock, missed, may };
}

describe('createSampler', () => {
  it('lets the first ones of each window through, and tells how many it held back', () => {
    const { clock, missed, may } = sampler(2);
    expect([may(), may(), may(), may()]).toEqual([true, true, false, false]);
    clock.time = 999;
    expect([may(), missed]).toEqual([false, []]);
    clock.time = 1_000;
    expect([may(), missed]).toEqual([true, [3]]);
  });

  it('tells nothing when it held nothing back', () => {
    const { clock, missed, may } = sampler(2);
    may();
    may();
    clock.time = 5_000;
    may();
    expect(missed).toEqual([]);
  });

  it('does not fall silent when the clock is set back', () => {
    const { clock, missed, may } = sampler(1, 1_000_000);
    expect([may(), may()]).toEqual([true, false]);
    clock.time = 5_000;
    expect([may(), missed]).toEqual([true, [1]]);
  });

  it('lets through or counts every single one', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (waits, most) => {
        const { clock, missed, may } = sampler(most);
        let through = 0;
        for (const wait of waits) {
          clock.time += wait;
          if (may()) through += 1;
        }
        clock.time += 1_000;
        may();
        const told = missed.reduce((sum, count) => sum + count, 0);
        expect(through + told).toBe(waits.length);
      }),
    );
  });
});
