import { NO_METER, type Meter, type Reading } from '@hookline/core';
import { expect, it } from '@jest/globals';
import { jointMeter } from '../../src/worker/joint-meter.ts';

it('what several parts read is one number: the sum of theirs, or the least where that is what counts', async () => {
  const read = new Map<string, () => unknown>();
  const meter: Meter = { ...NO_METER, gauge: ({ name }, how) => void read.set(name, how) };
  const joint = jointMeter(meter, new Set(['age']));
  const of = (queue: string, value: number): readonly Reading[] => [{ value, labels: { queue } }];
  for (const value of [1, 2]) joint.gauge({ name: 'unlisted', help: '' }, () => value);
  joint.gauge({ name: 'age', help: '' }, () => of('a', 5));
  joint.gauge({ name: 'age', help: '' }, async () => [...of('a', 3), ...of('b', 9)]);
  expect(await read.get('unlisted')?.()).toEqual([{ value: 3 }]);
  expect(await read.get('age')?.()).toEqual([...of('a', 3), ...of('b', 9)]);
});
