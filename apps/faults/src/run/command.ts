import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CASES, MUTATION_CASES, SMOKE } from './cases.ts';
import type { FaultCase } from './fault-case.ts';
import { CannotPlay } from '../fleet/history-place.ts';
import type { Environment } from '../injectors/process-faults.ts';
import { powerLoss } from '../power-loss/power-loss.ts';
import { brokenLines, figuresTable, ledgerTable, type Entry } from './report.ts';
import { runCase, type RunResult } from './run.ts';

export interface FaultsOptions {
  /** Comma-separated names; all of them unless given. */
  readonly case?: string;
  /** The first seed; the ones after it follow. */
  readonly seed: number;
  /** Runs of each case, each with a seed of its own. */
  readonly seeds?: number;
  /** Events of each run, instead of the case's own number. */
  readonly events?: number;
  /** The small set that every change has to pass. */
  readonly smoke?: boolean;
  /** Break the code on purpose instead, and see each run turn red. */
  readonly mutations?: boolean;
  /** Cut the power of Redis's machine instead, and see what each `ACK` loses. */
  readonly powerLoss?: boolean;
  /** Where each run's logs go, and the result. */
  readonly folder: string;
  /** A result to go on with: what holds in it is not run again, and what is run is added. */
  readonly into?: string;
}

interface Planned {
  readonly fault: FaultCase;
  readonly seed: number;
  readonly mutation?: string;
}

/**
 * `npm run faults`: runs cases, prints the ledger.
 * @returns the exit code: 0 when every equation held (with `--mutations`: when each mutation was caught)
 */
export async function faults(
  options: FaultsOptions,
  {
    root,
    env,
    write,
  }: { readonly root: string; readonly env: Environment; readonly write: (text: string) => void },
): Promise<number> {
  for (const name of ['seed', 'seeds', 'events'] as const) mustBeCount(name, options[name]);
  // One of its own, so that two at a time do not meet, and nothing of anybody's is ever cleared away.
  const folder = join(resolve(options.folder), new Date().toISOString().replaceAll(/[:.]/g, '-'));
  mkdirSync(folder, { recursive: true });
  if (options.powerLoss === true)
    return powerLoss({
      root,
      env,
      folder: join(folder, 'power-loss'),
      seed: options.seed,
      seeds: options.seeds ?? 3,
    });
  const resultFile = options.into === undefined ? join(folder, 'result.json') : resolve(options.into);
  const entries = readEntries(resultFile).filter(({ result }) => result.verdict.holds);
  const all = options.mutations === true ? planMutations(options) : planRuns(options);
  const planned = all.filter((run) => !entries.some((entry) => isOf(run, entry)));
  const world = { root, env, folder, write };
  let escaped = 0;
  for (const [index, run] of planned.entries()) {
    write(`[${index + 1}/${planned.length}] `);
    const entry = await oneRun(run, options, world);
    if (entry === undefined) continue;
    entries.push(entry);
    // Whoever stops in the middle goes on with it later.
    writeFileSync(resultFile, `${JSON.stringify(inOrder(entries, all), undefined, 1)}\n`);
    if (run.mutation !== undefined && !isCaught(entry)) escaped += 1;
  }
  write(`\neverything in numbers: ${resultFile}\n`);
  if (options.mutations === true) {
    write(`${planned.length - escaped} of ${planned.length} mutations were caught\n`);
    return escaped === 0 ? 0 : 1;
  }
  const told = inOrder(entries, all);
  write(`\n${ledgerTable(told)}\n\n${figuresTable(told)}\n`);
  return entries.every(({ result }) => result.verdict.holds) ? 0 : 1;
}

interface World {
  readonly root: string;
  readonly env: Environment;
  readonly folder: string;
  readonly write: (text: string) => void;
}

/** @returns `undefined` where this machine cannot play the case */
async function oneRun(
  { fault, seed, mutation }: Planned,
  options: FaultsOptions,
  { root, env, folder, write }: World,
): Promise<Entry | undefined> {
  const label = mutation === undefined ? fault.name : `${mutation} in ${fault.name}`;
  write(`${label}, seed ${seed}, ${options.events ?? fault.events} events: ${fault.what}\n`);
  const own = join(folder, `${mutation ?? fault.name}-${seed}`);
  const result = await runCase(fault, {
    root,
    env,
    seed,
    folder: own,
    timed: options.smoke !== true,
    say: (line) => write(`  ${line}\n`),
    ...(options.events === undefined ? {} : { events: options.events }),
    ...(mutation === undefined ? {} : { mutation }),
  }).catch((error: unknown) => (error instanceof CannotPlay ? error.message : notRun(error)));
  if (typeof result === 'string') {
    write(`  skipped: ${result}\n`);
    return undefined;
  }
  const entry: Entry = { name: fault.name, seed, result, ...(mutation === undefined ? {} : { mutation }) };
  for (const line of brokenLines(entry)) write(`${line}\n`);
  const { holds, counts } = result.verdict;
  const verdict =
    mutation === undefined ? (holds ? 'holds' : 'BROKEN') : isCaught(entry) ? 'caught' : 'NOT CAUGHT';
  write(`  ${verdict}: ${counts.faults} faults, ${result.seconds.toFixed(0)} s\n`);
  if (holds || mutation !== undefined) rmSync(own, { recursive: true, force: true });
  else write(`  everything of this run is kept in ${own}\n`);
  return entry;
}

/** A run under a mutation that did not come to its end has caught nothing. */
function isCaught({ result }: Entry): boolean {
  return !result.verdict.holds && result.seconds > 0;
}

function isOf({ fault, seed, mutation }: Planned, entry: Entry): boolean {
  return entry.name === fault.name && entry.seed === seed && entry.mutation === mutation;
}

/** As they are planned, whenever each was run; what is not planned this time comes last. */
function inOrder(entries: readonly Entry[], planned: readonly Planned[]): readonly Entry[] {
  const known = planned.flatMap((run) => entries.find((entry) => isOf(run, entry)) ?? []);
  return [...known, ...entries.filter((entry) => !known.includes(entry))];
}

function readEntries(file: string): readonly Entry[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Entry[]) : [];
}

/** A run that could not be made to its end has proven nothing. */
function notRun(error: unknown): RunResult {
  const why = error instanceof Error ? error.message : String(error);
  return {
    verdict: {
      equations: [
        {
          name: 'ran',
          says: 'the run came to its end',
          broken: [why],
        },
      ],
      holds: false,
      counts: {
        sent: 0,
        acknowledged: 0,
        posts: 0,
        effects: 0,
        deadLetters: 0,
        faults: 0,
        explainedSeconds: 0,
      },
    },
    figures: [],
    faults: [],
    repairs: {},
    seconds: 0,
  };
}

function planRuns({ case: names, seed, seeds, smoke }: FaultsOptions): Planned[] {
  const cases = names === undefined ? (smoke === true ? SMOKE : CASES) : names.split(',').map(caseNamed);
  const count = seeds ?? (smoke === true || names !== undefined ? 1 : 3);
  return cases.flatMap((fault) =>
    Array.from({ length: count }, (_, index) => ({ fault, seed: seed + index })),
  );
}

function planMutations({ case: names, seed }: FaultsOptions): Planned[] {
  const all = Object.entries(MUTATION_CASES).map(([mutation, fault]) => ({ fault, seed, mutation }));
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find(({ mutation }) => mutation === name);
    if (found === undefined)
      throw new Error(`no mutation is named '${name}'; there are: ${Object.keys(MUTATION_CASES).join(', ')}`);
    return found;
  });
}

function mustBeCount(name: string, value: number | undefined): void {
  if (value !== undefined && (!Number.isInteger(value) || value < 1))
    throw new Error(`--${name}: '${value}' is no whole number above 0`);
}

/** @throws Error that lists the cases */
function caseNamed(name: string): FaultCase {
  const found = CASES.find((fault) => fault.name === name);
  if (found === undefined)
    throw new Error(
      `no case is named '${name}'; there are:\n${CASES.map((fault) => `  ${fault.name}: ${fault.what}`).join('\n')}`,
    );
  return found;
}
