import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextStep } from '../src/replays/canary.ts';

const at = (queued: number, open = 0, dead = 0, failing = 0) => ({
  queued,
  open,
  failing,
  dead,
  succeeded: queued - open - dead,
});

describe('a canary', () => {
  it.each([
    [at(0), { kind: 'go', most: 1 }],
    [at(1, 1), { kind: 'wait' }],
    [at(1), { kind: 'go', most: 10 }],
    [at(4, 3), { kind: 'go', most: 10 }],
    [at(10, 2), { kind: 'wait' }],
    [at(10), { kind: 'go', most: 100 }],
    [at(60, 50), { kind: 'go', most: 100 }],
    [at(100, 1), { kind: 'wait' }],
    [at(100), { kind: 'go', most: Infinity }],
    [at(5_000, 300), { kind: 'go', most: Infinity }],
  ])('with %j goes on with %j', (progress, step) => {
    expect(nextStep(progress, 0.2)).toEqual(step);
  });

  it.each([
    [at(1, 0, 1), /1 of the first 1 failed/],
    [at(1, 1, 0, 1), /1 of the first 1 failed/],
    [at(10, 0, 3), /3 of the first 10 failed, which is more than 20 %/],
    [at(1_000, 0, 300), /300 of the first 1000 failed/],
  ])('with %j stops', (progress, why) => {
    expect(nextStep(progress, 0.2)).toEqual({ kind: 'stop', why: expect.stringMatching(why) });
  });

  it('never lets more happen than its step, and never after too many failures', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.constantFrom('succeed', 'die', 'tick' as const), { maxLength: 600 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, moves, limit) => {
          let [queued, succeeded, dead] = [0, 0, 0];
          for (const move of moves) {
            const open = queued - succeeded - dead;
            if (move === 'succeed' && open > 0) succeeded += 1;
            else if (move === 'die' && open > 0) dead += 1;
            else {
              const step = nextStep({ queued, open, failing: 0, succeeded, dead }, limit);
              const known = succeeded + dead;
              if (known >= 10) expect(step.kind === 'stop').toBe(dead / known > limit);
              if (step.kind === 'stop') return;
              if (step.kind === 'wait') {
                expect(open).toBeGreaterThan(0);
                continue;
              }
              queued = Math.min(total, step.most, queued + 7);
              const isThrough = (size: number) => queued <= size || succeeded + dead >= Math.min(size, total);
              for (const size of [1, 10, 100]) expect(isThrough(size)).toBe(true);
            }
          }
        },
      ),
    );
  });
});
