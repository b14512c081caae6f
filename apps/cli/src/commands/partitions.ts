import { basePrefixOf, layoutOf, MOST_PARTITIONS, type Layout } from '@hookline/core';
import { changePartitions, readLayout, type LayoutOverview, type PartitionOverview } from '@hookline/redis';
import { nothingMore, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { rows, wrapped } from '../rows.ts';
import type { Write } from '../terminal.ts';

/** Seconds that is waited for what runs. */
const TIMEOUT_S = 600;

/** How many partitions there are, and another number of them. */
export default {
  name: 'partitions',
  usage: '[action] [n]',
  says: 'list · set <n>: move everything into so many',
  options: [
    { flag: '--timeout <seconds>', says: 'set: how long jobs may run on', default: TIMEOUT_S },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', count], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    switch (action) {
      case 'list':
        nothingMore(count, 'partitions list', 'partitions set');
        return list(config(), json, write);
      case 'set': {
        const given = config();
        const layout = asked(given, required(count, "say how many: 'partitions set 4'"));
        return set(layout, { timeout: secondsOf(options['timeout']) * 1_000, json }, write);
      }
      default:
        throw new UsageError(`'partitions ${action}' is no command; use one of: list, set`);
    }
  },
} satisfies Command;

/** On the Redis that are configured, whatever PARTITIONS says. @throws UsageError */
function asked({ layout }: CliConfig, text: string): Layout {
  const [home, ...others] = layout;
  const [first, ...more] = [...new Set([home, ...others].map(({ target }) => target))];
  const targets = [first ?? home.target, ...more] as const;
  const count = Number(text);
  if (!Number.isInteger(count) || count < targets.length || count > MOST_PARTITIONS)
    throw new UsageError(
      `'partitions set ${text}': use a whole number from ${targets.length}${targets.length === 1 ? '' : ', which is how many Redis are named,'} to ${MOST_PARTITIONS}`,
    );
  return layoutOf(targets, basePrefixOf(layout), count);
}

function secondsOf(value: unknown): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new UsageError(`--timeout is ${String(value)}: use a number of seconds`);
}

async function set(
  layout: Layout,
  { timeout, json }: { readonly timeout: number; readonly json: boolean },
  write: Write,
): Promise<number> {
  const count = layout.length;
  const tell = (line: string) => write(json ? JSON.stringify({ doing: line }) : wrapped(`${line} …`));
  const done = await changePartitions({ layout, timeout, tell });
  if (json) write(JSON.stringify({ partitions: count, done }));
  else write(wrapped(SAYS[done](count)));
  return 0;
}

const SAYS = {
  changed: (count: number) =>
    `everything is in ${named(count)}: start receivers, workers and dashboards anew with PARTITIONS=${count}`,
  'the same': (count: number) => `there ${count === 1 ? 'is' : 'are'} ${named(count)} already: nothing to do`,
  'taken back': (count: number) =>
    `the change was taken back, and nothing has moved: start workers anew with PARTITIONS=${count}`,
};

function named(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

async function list({ layout }: CliConfig, json: boolean, write: Write): Promise<number> {
  const overview = await readLayout(layout);
  if (json) write(JSON.stringify(overview));
  else for (const line of linesOf(overview, layout)) write(line);
  return 0;
}

function linesOf(
  { count, nodes, next, step, partitions, coming }: LayoutOverview,
  layout: Layout,
): readonly string[] {
  return [
    `${named(count)} on ${nodes === 1 ? 'one Redis' : `${nodes} Redis`}`,
    tableOf(partitions),
    ...(next === undefined
      ? []
      : [
          wrapped(
            `being changed to ${next} (${step ?? 'closing'}): nothing is taken in until 'hookline partitions set ${next}' is done; it goes on where it was interrupted`,
          ),
          tableOf(coming),
        ]),
    ...(next === undefined && layout.length !== count
      ? [
          wrapped(
            `PARTITIONS asks for ${layout.length}: set it to ${count}, or 'hookline partitions set ${layout.length}'`,
          ),
        ]
      : []),
  ];
}

function tableOf(partitions: readonly PartitionOverview[]): string {
  return rows(
    partitions.map(({ number, prefix, address, open, settled, jobs }) => ({
      head: [String(number), prefix, address],
      body: [`${open} events open, ${settled} settled, ${jobs} jobs`],
    })),
  );
}
