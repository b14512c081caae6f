import { readFileSync, writeFileSync } from 'node:fs';
import { barsGrid, type Report } from './report.ts';
import { gridsOf, markdownTable } from './tables.ts';

/** Puts the figures of a run between the page's marks. */
export function writePage(file: string, report: Report): void {
  writeFileSync(file, pageWith(readFileSync(file, 'utf8'), report));
}

/**
 * @param page with a pair of marks: `<!-- figures: … -->` and `<!-- end of figures -->`
 * @returns the page with the figures of this run between them
 * @throws Error when it has none
 */
export function pageWith(page: string, report: Report): string {
  const match = /(<!-- figures:[^>]*-->\n)[^]*(<!-- end of figures -->)/.exec(page);
  if (match === null) throw new Error('the page has no marks between which the figures go');
  const [between, begin = '', end = ''] = match;
  return page.replace(between, () => `${begin}\n${figuresText(report)}\n\n${end}`);
}

/** The figures as a page has them. */
function figuresText({ at, command, machine, rounds, seconds, results, bars }: Report): string {
  const { system, processor, cores, memory, node, redis } = machine;
  const measured = bars.filter(({ got }) => got !== undefined);
  return [
    `Measured on ${at.slice(0, 10)} with \`${command}\`: ${cores} cores (${processor}), ${memory}, ${system}, Node ${node}, Redis ${redis}; ${rounds} rounds of ${seconds} s each for the main scenarios.`,
    ...(measured.length === 0 ? [] : ['### The bars', markdownTable(barsGrid(measured))]),
    ...results.flatMap((result) => [
      `### \`${result.scenario}\``,
      sentence(result.says),
      ...gridsOf(result).map(markdownTable),
      ...result.notes,
      ...result.rows.flatMap(({ name, problems }) => problems.map((problem) => `Void, ${name}: ${problem}`)),
    ]),
  ].join('\n\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
