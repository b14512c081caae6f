import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asMarkdown, ledgerTable, type Entry } from '../../src/run/report.ts';
import { putTogether, readResult } from '../../src/run/results.ts';
import type { SetupName } from '../../src/setups/setup.ts';

const COUNTS = {
  sent: 1_500,
  acknowledged: 1_500,
  posts: 1_600,
  effects: 1_500,
  deadLetters: 2,
  faults: 3,
  explainedSeconds: 1,
};

function entry(setup: SetupName, name: string, { seed = 1, holds = true, seconds = 20 } = {}): Entry {
  const equations = holds ? [] : [{ name: 'lost', says: 'nothing is', broken: ['evt_1 record'] }];
  return {
    setup,
    name,
    seed,
    result: { verdict: { equations, holds, counts: COUNTS }, figures: [], faults: [], repairs: {}, seconds },
  };
}

describe('results', () => {
  it('are put together by set-up and case, whatever file a run is in', () => {
    const all = putTogether([
      [entry('cluster', 'redis-killed'), entry('single', 'redis-killed', { seed: 2 })],
      [entry('single', 'redis-killed'), entry('single', 'workers-killed')],
    ]);
    expect(all.map(({ setup, name, seed }) => `${setup} ${name} ${seed}`)).toEqual([
      'single workers-killed 1',
      'single redis-killed 1',
      'single redis-killed 2',
      'cluster redis-killed 1',
    ]);
  });

  it('have each run once: one that was repeated and holds, however old what broke is, or the last', () => {
    const broken = entry('urls', 'network', { holds: false });
    const mended = entry('urls', 'network', { seconds: 30 });
    expect(putTogether([[broken], [mended]])).toEqual([mended]);
    expect(putTogether([[mended], [broken]])).toEqual([mended]);
    const again = entry('urls', 'network', { holds: false, seconds: 40 });
    expect(putTogether([[broken], [again]])).toEqual([again]);
  });

  it('of before there were set-ups are of a single Redis', () => {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    try {
      const { setup: _, ...old } = entry('single', 'network');
      writeFileSync(join(folder, 'old.json'), JSON.stringify([old]));
      expect(readResult(join(folder, 'old.json'))).toEqual([entry('single', 'network')]);
      expect(readResult(join(folder, 'none.json'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are told with a row for each case on each set-up', () => {
    const told = ledgerTable([
      entry('single', 'network'),
      entry('single', 'network', { seed: 2 }),
      entry('cluster', 'network', { holds: false }),
    ]);
    expect(told.rows).toEqual([
      [
        'single',
        'network',
        '2',
        '3,000',
        '3,200',
        '6',
        '0',
        '0',
        '0',
        '0',
        '2 explained, 0 not',
        '4',
        'holds',
      ],
      [
        'cluster',
        'network',
        '1',
        '1,500',
        '1,600',
        '3',
        '1',
        '0',
        '0',
        '0',
        '1 explained, 0 not',
        '2',
        'BROKEN',
      ],
      ['all', '', '3', '4,500', '4,800', '9', '1', '0', '0', '0', '3 explained, 0 not', '6', 'BROKEN'],
    ]);
    expect(asMarkdown({ head: ['a', 'b'], rows: [['1', '2']] })).toBe(
      '| a | b |\n| --- | --- |\n| 1 | 2 |\n',
    );
  });
});
