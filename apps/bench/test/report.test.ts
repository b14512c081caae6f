import { describe, expect, it } from '@jest/globals';
import { spreadOf } from '../src/measure/statistics.ts';
import { barsOf } from '../src/report/bars.ts';
import { pageWith } from '../src/report/page.ts';
import { barsText, resultText, type Report } from '../src/report/report.ts';
import { gridsOf, plainTable } from '../src/report/tables.ts';
import { SCENARIOS } from '../src/scenarios/all.ts';
import type { Result } from '../src/scenarios/scenario.ts';

const RESULT: Result = {
  scenario: 'ack',
  says: 'acknowledgements at saturation',
  rows: [
    { name: 'hand-written', figures: { acks: spreadOf([1_000, 2_000]), p99: spreadOf([10]) }, problems: [] },
    { name: 'hookline', figures: { acks: spreadOf([4_000, 7_000]), p99: spreadOf([6]) }, problems: [] },
    { name: 'broken', figures: { acks: spreadOf([9_000]) }, problems: ['3 of 9 were answered 503'] },
  ],
  tables: [
    [
      { title: 'acks/s', figure: 'acks', as: 'median' },
      { title: 'low–high', figure: 'acks', as: 'range' },
      { title: '×', figure: 'acks', as: 'times', of: 'hand-written', digits: 2 },
      { title: 'p99', figure: 'p99', as: 'median', digits: 1 },
    ],
  ],
  notes: ['A note.'],
};

const REPORT: Report = {
  at: '2026-11-28T00:00:00.000Z',
  command: 'npm run bench -- --rounds 2 --seconds 1',
  machine: { system: 'linux x64', processor: 'a CPU', cores: 2, memory: '8 GiB', node: '20.1', redis: '7.0' },
  rounds: 2,
  seconds: 1,
  results: [RESULT],
  bars: barsOf([RESULT]),
};

describe('tables', () => {
  it('have medians, spreads and ratios of the same rounds, and nothing of what is void', () => {
    expect(gridsOf(RESULT)).toEqual([
      {
        head: ['', 'acks/s', 'low–high', '×', 'p99'],
        lines: [
          ['hand-written', '1,500', '1,000–2,000', '1.00', '10.0'],
          ['hookline', '5,500', '4,000–7,000', '3.75', '6.0'],
          ['broken', 'void', 'void', 'void', 'void'],
        ],
      },
    ]);
    expect(resultText(RESULT)).toContain('VOID broken: 3 of 9 were answered 503');
  });

  it('leave out rows that have none of the figures', () => {
    const [grid] = gridsOf({ ...RESULT, tables: [[{ title: 'p99', figure: 'p99', as: 'median' }]] });
    expect(grid?.lines.map(([name]) => name)).toEqual(['hand-written', 'hookline']);
  });

  it('fit into 80 columns, with figures as large as they get', () => {
    const widest = {
      head: ['', ...Array<string>(6).fill('p50 ms')],
      lines: [['hookline 256 kB', '10,000.00']],
    };
    expect(Math.max(...[plainTable(widest), barsText(REPORT.bars)].map(widthOf))).toBeLessThanOrEqual(80);
  });
});

describe('bars', () => {
  const bar = (name: string, bars = barsOf([RESULT])) => bars.find((each) => each.name === name);

  it('hold or do not, and are not known where nothing was measured', () => {
    expect(bar('acks/s at saturation, × hand-written')).toMatchObject({
      want: '>= 3',
      got: 3.75,
      holds: true,
    });
    expect(bar('p99 at saturation, × hand-written')).toMatchObject({
      want: '<= 0.5',
      got: 0.6,
      holds: false,
    });
    expect(bar('acks/s at saturation, × floor')).toMatchObject({ got: undefined, holds: undefined });
  });

  it('take nothing from what is void', () => {
    const rows = RESULT.rows.map((row) => ({ ...row, problems: ['void'] }));
    const bars = barsOf([{ ...RESULT, rows }]);
    expect(bar('acks/s at saturation, × hand-written', bars)).toMatchObject({ holds: undefined });
  });
});

describe('the page', () => {
  it('gets the figures between its marks, and keeps the rest', () => {
    const page =
      '# Title\n\n<!-- figures: of a run -->\n\nthose of before\n\n<!-- end of figures -->\n\nThe end.\n';
    const written = pageWith(page, REPORT);
    expect(written).toContain('| hookline     | 5,500  | 4,000–7,000 | 3.75 | 6.0  |');
    expect(written).toContain('2 cores (a CPU), 8 GiB, linux x64, Node 20.1, Redis 7.0');
    expect(written).not.toContain('those of before');
    expect(written.endsWith('<!-- end of figures -->\n\nThe end.\n')).toBe(true);
    expect(pageWith(written, REPORT)).toBe(written);
  });

  it('is refused without marks', () => {
    expect(() => pageWith('# Title\n', REPORT)).toThrow('no marks');
  });
});

it('names each scenario once', () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
