import type { Result } from '../scenarios/scenario.ts';
import type { Bar } from './bars.ts';
import type { Machine } from './machine.ts';
import { gridsOf, number, plainTable, type Grid } from './tables.ts';

/** Everything of one run: what `--json` writes, and what the page is written from. */
export interface Report {
  readonly at: string;
  /** Repeats it. */
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly results: readonly Result[];
  readonly bars: readonly Bar[];
}

/** A scenario for the terminal. */
export function resultText(result: Result): string {
  const { scenario, says, notes, rows } = result;
  const voids = rows.flatMap(({ name, problems }) => problems.map((problem) => `VOID ${name}: ${problem}`));
  return [
    wrapped(`${scenario}: ${says}`),
    '',
    ...gridsOf(result).flatMap((grid) => [plainTable(grid), '']),
    ...[...notes, ...voids].flatMap((line) => [wrapped(line), '']),
  ].join('\n');
}

/** The bars as a table. */
export function barsGrid(bars: readonly Bar[]): Grid {
  return {
    head: ['bar', 'want', 'got', ''],
    lines: bars.map(({ name, want, got, holds }) => [
      name,
      want,
      got === undefined ? '–' : number(got, got < 10 ? 2 : 0),
      holds === undefined ? 'not measured' : holds ? 'holds' : 'MISSED',
    ]),
  };
}

export function barsText(bars: readonly Bar[]): string {
  return `${plainTable(barsGrid(bars))}\n`;
}

const WIDTH = 80;

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1] ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
