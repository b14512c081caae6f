import Table from 'cli-table3';
import { groupBy } from '../checkers/group-by.ts';
import type { RunResult } from './run.ts';

/** A run and which it was. */
export interface Entry {
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

const STYLE = { head: [], border: [], compact: true };

/** One row a case: what was sent, what was done to it, and what broke. */
export function ledgerTable(entries: readonly Entry[]): string {
  const table = new Table({
    head: [
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
      '',
    ],
    style: STYLE,
  });
  for (const [name, runs] of groupBy(entries, ({ name }) => name)) {
    table.push([name, runs.length, ...totals(runs), holds(runs) ? 'holds' : 'BROKEN']);
  }
  table.push(['all', entries.length, ...totals(entries), holds(entries) ? 'holds' : 'BROKEN']);
  return table.toString();
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

/** The worst of each figure over all runs of a case. */
export function figuresTable(entries: readonly Entry[]): string {
  const table = new Table({ head: ['figure', 'case', 'worst', 'beside'], style: STYLE });
  for (const [name, runs] of groupBy(entries, ({ name }) => name)) {
    const figures = runs.flatMap(({ result }) => result.figures);
    for (const [figure, all] of groupBy(figures, ({ name }) => name)) {
      const values = all.map(({ value }) => value);
      const isBetterHigh = /while memory is full|answered 200|slots/.test(figure);
      const worst = isBetterHigh ? Math.min(...values) : Math.max(...values);
      table.push([
        figure,
        name,
        `${worst.toFixed(worst < 100 ? 1 : 0)} ${all[0]?.unit ?? ''}`,
        BASELINES[figure] ?? '',
      ]);
    }
  }
  return table.toString();
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
