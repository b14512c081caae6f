import type { Bench } from '../host/bench.ts';
import type { Row } from '../measure/rounds.ts';

/** One column of a table: a figure of each row, and how it is shown. */
export interface Column {
  readonly title: string;
  /** By its name in the rows. */
  readonly figure: string;
  /** The middle of the rounds · the lowest and the highest · how many times that of another row. */
  readonly as: 'median' | 'range' | 'times';
  /** For `times`: the name of the other row. */
  readonly of?: string;
  /** Places after the point; 0 unless given. */
  readonly digits?: number;
}

/** What a scenario came to; this is what `--json` keeps. */
export interface Result {
  readonly scenario: string;
  /** What was measured, in one sentence. */
  readonly says: string;
  readonly rows: readonly Row[];
  /** Each with all rows, or with those that have one of its figures. */
  readonly tables: readonly (readonly Column[])[];
  /** Who was left out and why, and what else a reader has to know. */
  readonly notes: readonly string[];
}

/** A scenario is one file of this folder. */
export interface Scenario {
  readonly name: string;
  readonly says: string;
  run(bench: Bench): Promise<Pick<Result, 'rows' | 'tables'> & { readonly notes?: readonly string[] }>;
}

/** The columns of what an acknowledgement costs. */
export const COSTS: readonly Column[] = [
  { title: 'Node µs', figure: 'nodeMicros', as: 'median' },
  { title: 'Redis µs', figure: 'redisMicros', as: 'median' },
  { title: 'commands', figure: 'commands', as: 'median', digits: 1 },
];

export const TIMES: readonly Column[] = [
  { title: 'p50 ms', figure: 'p50', as: 'median', digits: 2 },
  { title: 'p99 ms', figure: 'p99', as: 'median', digits: 2 },
];
