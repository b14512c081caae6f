import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '@hookline/local-redis';
import { Bench } from './host/bench.ts';
import { barsOf } from './report/bars.ts';
import { machineFacts } from './report/machine.ts';
import { writePage } from './report/page.ts';
import { barsText, resultText, type Report } from './report/report.ts';
import { SCENARIOS } from './scenarios/all.ts';
import type { Result, Scenario } from './scenarios/scenario.ts';

export interface CompareOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly historyRows: number;
  /** Comma-separated names; all of them unless given. */
  readonly only?: string;
  readonly smoke?: boolean;
  /** Where the figures go, for programs. */
  readonly json?: string;
  /** Write the page: from the figures in this file, or from this run's when it names none. */
  readonly docs?: boolean | string;
}

export interface CompareParts {
  /** The repository, compiled. */
  readonly root: string;
  readonly env: Environment;
  /** Progress: for the eyes. */
  readonly say: (line: string) => void;
  /** The tables. */
  readonly write: (text: string) => void;
}

const SMOKE = { rounds: 1, seconds: 0.3 };
const PAGE = 'docs/performance.md';

/**
 * `npm run bench`: measures the product beside others, and prints what came of it.
 * @returns the exit code: 0 unless a measurement is void; a bar that is missed is a result
 */
export async function compare(options: CompareOptions, parts: CompareParts): Promise<number> {
  const { root, say, write } = parts;
  const page = join(root, PAGE);
  if (typeof options.docs === 'string') {
    writePage(page, JSON.parse(readFileSync(options.docs, 'utf8')) as Report);
    return 0;
  }
  const { rounds, seconds } = options.smoke === true ? SMOKE : options;
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: '${rounds}' is no whole number above 0`);
  const { historyRows } = options;
  if (!Number.isInteger(historyRows) || historyRows < 1)
    throw new Error(`--history-rows: '${historyRows}' is no whole number above 0`);
  if (!(seconds > 0)) throw new Error(`--seconds: '${seconds}' is no number above 0`);
  const chosen = chosenOf(options.only);
  const json = options.json === undefined ? undefined : resolve(options.json);
  if (json !== undefined) mkdirSync(dirname(json), { recursive: true });

  const bench = await Bench.start({ ...parts, rounds, seconds, smoke: options.smoke === true, historyRows });
  const interrupted = () => void bench.end().then(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const results: Result[] = [];
  try {
    for (const scenario of chosen) {
      const result = await runOne(bench, scenario);
      results.push(result);
      write(`${resultText(result)}\n`);
    }
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await bench.end();
  }

  const report: Report = {
    at: new Date().toISOString(),
    command: commandOf(options),
    machine: machineFacts(bench.redisVersion),
    rounds,
    seconds,
    results,
    bars: barsOf(results),
  };
  write(barsText(report.bars));
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(report, undefined, 1)}\n`);
    say(`everything in numbers: ${json}`);
  }
  if (options.docs === true) writePage(page, report);
  const isVoid = results.some(({ rows }) => rows.some(({ problems }) => problems.length > 0));
  if (isVoid) say('a measurement is void: what it says above is why');
  return isVoid ? 1 : 0;
}

async function runOne(bench: Bench, scenario: Scenario): Promise<Result> {
  const { name, says } = scenario;
  bench.options.say(`${name}: ${says}`);
  const began = performance.now();
  try {
    const result = await scenario.run(bench);
    return { scenario: name, says, notes: [], ...result };
  } catch (error) {
    // Somebody interrupted the run, and its process ends in a moment: there is nothing to report.
    if (bench.isEnding) return new Promise(() => undefined);
    // The others' figures are worth no less.
    const problem = error instanceof Error ? error.message : String(error);
    return {
      scenario: name,
      says,
      rows: [{ name: 'everybody', figures: {}, problems: [problem] }],
      tables: [],
      notes: [],
    };
  } finally {
    await bench.clear();
    bench.options.say(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
}

/** @throws Error that lists the scenarios */
function chosenOf(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  return only.split(',').map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    const all = SCENARIOS.map((scenario) => `  ${scenario.name}: ${scenario.says}`).join('\n');
    throw new Error(`no scenario is named '${name}'; there are:\n${all}`);
  });
}

function commandOf({ rounds, seconds, only, smoke }: CompareOptions): string {
  const words = [
    ...(smoke === true ? ['--smoke'] : [`--rounds ${rounds}`, `--seconds ${seconds}`]),
    ...(only === undefined ? [] : [`--only ${only}`]),
  ];
  return `npm run bench -- ${words.join(' ')}`;
}
