const WIDTH = 80;

/** One thing of a list: what it can be scanned for on the first line, what may be long on lines of its own. */
export interface Row {
  readonly head: readonly string[];
  readonly body: readonly string[];
}

/** A list for a terminal of 80 columns. An id is never cut: it is to be copied. */
export function rows(list: readonly Row[]): string {
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

function fit(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
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
