import { withoutControls } from '@hookline/process';

const WIDTH = 80;

/** One thing of a list: what it can be scanned for on the first line, what may be long on lines of its own. */
export interface Row {
  readonly head: readonly string[];
  readonly body: readonly string[];
}

/** A list for a terminal of 80 columns, in which nothing that strangers wrote makes a line. An id is never cut: it is to be copied. */
export function rows(given: readonly Row[]): string {
  const list = given.map(({ head, body: [id = '', ...rest] }) => ({
    head: head.map(withoutControls),
    body: [withoutControls(id), ...rest],
  }));
  const widths: number[] = [];
  for (const { head } of list)
    for (const [index, cell] of head.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return list
    .flatMap(({ head, body: [id = '', ...rest] }) => [
      ...headLines(head, widths),
      `  ${id}`,
      ...rest.map((line) => `  ${fit(line, WIDTH - 2)}`),
    ])
    .join('\n');
}

/** The last cell, a name that may be long, has a line of its own where it would not fit. */
function headLines(head: readonly string[], widths: readonly number[]): readonly string[] {
  const cells = head.map((cell, index) => cell.padEnd(widths[index] ?? 0));
  const line = cells.join('  ').trimEnd();
  if (line.length <= WIDTH) return [line];
  return [cells.slice(0, -1).join('  ').trimEnd(), `  ${fit(head.at(-1) ?? '', WIDTH - 2)}`];
}

/** The beginning of a text, on one line. */
export function fit(text: string, width: number): string {
  const line = withoutControls(text.replaceAll(/\s+/g, ' '));
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** A text in lines of 80 columns. A word is never cut: it may be an id. @param hang what the lines after the first begin with */
export function wrapped(text: string, indent = '', hang = indent): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((each) => (each === '' ? [] : withoutControls(each)))) {
    const begin = lines.length === 0 ? indent : hang;
    if (line !== '' && begin.length + line.length + 1 + word.length > WIDTH) {
      lines.push(begin + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? indent : hang) + line].join('\n');
}

/** A moment, as a table has it. @param at milliseconds since the epoch */
export function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

/** A copy in which every time, a key that ends in `At` with milliseconds, is one that people read. */
export function readableTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readableTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key.endsWith('At') && typeof inner === 'number' && inner > 0
        ? new Date(inner).toISOString()
        : readableTimes(inner),
    ]),
  );
}
