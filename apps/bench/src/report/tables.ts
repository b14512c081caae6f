import { pairedRatio, type Spread } from '../measure/statistics.ts';
import type { Row } from '../measure/rounds.ts';
import type { Column, Result } from '../scenarios/scenario.ts';

/** A head and lines of text, before anybody draws them. */
export interface Grid {
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** What a scenario's columns say of its rows; rows that have none of a table's figures are left out. */
export function gridsOf({ rows, tables }: Pick<Result, 'rows' | 'tables'>): readonly Grid[] {
  return tables.map((columns) => ({
    head: ['', ...columns.map(({ title }) => title)],
    lines: rows
      .filter(({ figures }) => columns.some(({ figure }) => isShown(figures[figure])))
      .map((row) => [row.name, ...columns.map((column) => cellOf(row, column, rows))]),
  }));
}

function isShown(spread: Spread | undefined): spread is Spread {
  return spread !== undefined && !Number.isNaN(spread.median);
}

function cellOf(row: Row, { figure, as, of, digits = 0 }: Column, rows: readonly Row[]): string {
  if (row.problems.length > 0) return 'void';
  const spread = row.figures[figure];
  if (!isShown(spread)) return '–';
  switch (as) {
    case 'median':
      return number(spread.median, digits);
    case 'range':
      return `${number(spread.low, digits)}–${number(spread.high, digits)}`;
    case 'times': {
      const other = rows.find(({ name }) => name === of)?.figures[figure];
      return isShown(other) ? number(pairedRatio(spread, other), digits) : '–';
    }
  }
}

/** With commas between thousands, and so many places after the point. */
export function number(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Columns side by side, numbers to the right, without lines: for a terminal. */
export function plainTable({ head, lines }: Grid): string {
  const widths = widthsOf({ head, lines });
  const draw = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [head, ...lines].map(draw).join('\n');
}

/** The same for a page, laid out as the formatter does it. */
export function markdownTable({ head, lines }: Grid): string {
  const widths = widthsOf({ head, lines }).map((width) => Math.max(width, 3));
  const draw = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [draw(head), rule, ...lines.map(draw)].join('\n');
}

function widthsOf({ head, lines }: Grid): number[] {
  return head.map((title, at) => Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)));
}
