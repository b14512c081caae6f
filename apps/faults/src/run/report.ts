import Table from 'cli-table3';
import { groupBy } from '../checkers/group-by.ts';
import type { SetupName } from '../setups/setup.ts';
import type { RunResult } from './run.ts';

/** A run and which it was. */
export interface Entry {
  readonly setup: SetupName;
  readonly name: string;
  readonly seed: number;
  readonly mutation?: string;
  readonly result: RunResult;
}

/** What others were measured at, on the same kind of machine (two cores, Redis 7.0). */
const BASELINES: Readonly<Record<string, string>> = {
  'worker death to takeover, longest': '64 s (BullMQ, its own defaults)',
  'Redis back to first effect, longest': '6.3 s (BullMQ, after 12 s away)',
  'slowest answer': 'never (frozen), 18 s (away)',
  'effects while memory is full': '0 jobs (BullMQ)',
};

const STYLE = { style: { head: [], border: [], compact: true } };

/** A table, for the terminal or for the page. */
export interface Told {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function asText({ head, rows }: Told): string {
  const table = new Table({ ...STYLE, head: [...head] });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** As docs/reliability.md has it. */
export function asMarkdown({ head, rows }: Told): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(line).join('');
}

/** One row for each case on each set-up: what was sent, what was done to it, and what broke. */
export function ledgerTable(entries: readonly Entry[]): Told {
  const perCase = groupBy(entries, ({ setup, name }) => `${setup} ${name}`);
  return {
    head: [
      'set-up',
      'case',
      'runs',
      'events',
      'posts',
      'faults',
      'lost',
      'phantom',
      'corrupt',
      'history',
      'second effects',
      'dead letters',
      'equations',
    ],
    rows: [
      ...[...perCase.values()].map((runs) => [runs[0]?.setup ?? '', runs[0]?.name ?? '', ...numbersOf(runs)]),
      ['all', '', ...numbersOf(entries)],
    ],
  };
}

function numbersOf(runs: readonly Entry[]): string[] {
  const numbers = [runs.length, ...totals(runs)].map((value) =>
    typeof value === 'number' ? value.toLocaleString('en') : value,
  );
  return [...numbers, holds(runs) ? 'holds' : 'BROKEN'];
}

function totals(runs: readonly Entry[]): (number | string)[] {
  const sum = (of: (result: RunResult) => number): number =>
    runs.reduce((total, { result }) => total + of(result), 0);
  const broken = (name: string): number =>
    sum(({ verdict }) => verdict.equations.find((equation) => equation.name === name)?.broken.length ?? 0);
  return [
    sum(({ verdict }) => verdict.counts.sent),
    sum(({ verdict }) => verdict.counts.posts),
    sum(({ verdict }) => verdict.counts.faults),
    ...['lost', 'phantom', 'corrupt', 'history'].map(broken),
    `${sum(({ verdict }) => verdict.counts.explainedSeconds)} explained, ${broken('once') + broken('plain') + broken('bank')} not`,
    sum(({ verdict }) => verdict.counts.deadLetters),
  ];
}

function holds(runs: readonly Entry[]): boolean {
  return runs.every(({ result }) => result.verdict.holds);
}

/** The worst of each figure over all runs of a case on a set-up. */
export function figuresTable(entries: readonly Entry[]): Told {
  const rows: string[][] = [];
  for (const runs of groupBy(entries, ({ setup, name }) => `${setup} ${name}`).values()) {
    const figures = runs.flatMap(({ result }) => result.figures);
    for (const [figure, all] of groupBy(figures, ({ name }) => name)) {
      const values = all.map(({ value }) => value);
      const isBetterHigh = /while memory is full|answered 200|slots/.test(figure);
      const worst = isBetterHigh ? Math.min(...values) : Math.max(...values);
      rows.push([
        figure,
        runs[0]?.setup ?? '',
        runs[0]?.name ?? '',
        `${worst.toFixed(worst < 100 ? 1 : 0)} ${all[0]?.unit ?? ''}`,
        BASELINES[figure] ?? '',
      ]);
    }
  }
  return { head: ['figure', 'set-up', 'case', 'worst', 'beside'], rows };
}

/** What broke in one run, a few of each. */
export function brokenLines({ result }: Entry, most = 5): string[] {
  return result.verdict.equations.flatMap(({ name, says, broken }) =>
    broken.length === 0
      ? []
      : [
          `  ${name} (${says}): ${broken.length}`,
          ...broken.slice(0, most).map((line) => `    ${line}`),
          ...(broken.length > most ? [`    … and ${broken.length - most} more`] : []),
        ],
  );
}
