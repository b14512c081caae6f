import { describe, expect, it } from '@jest/globals';
import { disordered } from '../../src/checkers/timing.ts';
import { planEvents } from '../../src/workload/workload.ts';
import { line, START } from './ledgers.ts';

const [one, two] = planEvents(1, 2, { recorded: 1 });
if (one === undefined || two === undefined) throw new Error('two were planned');
/** The second of them begins first. */
const effects = [
  { ...line('begin', two, 'record'), received: START + 5 },
  { ...line('begin', one, 'record'), received: START },
];

describe('the order of arrival', () => {
  it('is asked within a partition, and not between two', () => {
    expect(disordered(effects)).toEqual([`${one.id} arrived 5 ms before ${two.id} and began after it`]);
    expect(disordered(effects, () => 3)).toHaveLength(1);
    expect(disordered(effects, (id) => (id === one.id ? 0 : 1))).toEqual([]);
  });
});
