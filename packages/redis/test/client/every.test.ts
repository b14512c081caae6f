import { eventually } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { every } from '../../src/client/every.ts';

describe('every', () => {
  it('takes one step after the other, and goes on after one that failed', async () => {
    const errors: unknown[] = [];
    let [steps, running, together] = [0, 0, 0];
    const loop = every(
      1,
      async () => {
        steps += 1;
        running += 1;
        together = Math.max(together, running);
        await wait(5);
        running -= 1;
        if (steps === 2) throw new Error('the second');
      },
      (error) => errors.push(error),
    );
    await eventually(() => steps > 4);
    loop.stop();
    expect(together).toBe(1);
    expect(errors).toEqual([new Error('the second')]);
  });

  it('takes none after it was stopped', async () => {
    let steps = 0;
    const loop = every(
      1,
      async () => void (steps += 1),
      () => undefined,
    );
    await eventually(() => steps > 0);
    loop.stop();
    const then = steps;
    await wait(30);
    expect(steps).toBeLessThanOrEqual(then + 1);
  });
});
