import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CannotPlay } from '../fleet/history-place.ts';
import type { Environment } from '../injectors/process-faults.ts';
import { powerLoss } from '../power-loss/power-loss.ts';
import { isOf, planMutations, planRuns, type Planned, type PlanOptions } from './plan.ts';
import { asMarkdown, asText, brokenLines, figuresTable, ledgerTable, type Entry } from './report.ts';
import { putTogether, readResult, writeResult } from './results.ts';
import { runCase, type RunResult } from './run.ts';

export interface FaultsOptions extends PlanOptions {
  /** Events of each run, instead of the case's own number. */
  readonly events?: number;
  /** Break the code on purpose instead, and see each run turn red. */
  readonly mutations?: boolean;
  /** Cut the power of Redis's machine instead, and see what each `ACK` loses. */
  readonly powerLoss?: boolean;
  /** Where each run's logs go, and the result. */
  readonly folder: string;
  /** A result to go on with: what holds in it is not run again, and what is run is added. */
  readonly into?: string;
  /** Comma-separated results that are put together and told instead, with nothing run. */
  readonly tell?: string;
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
  if (options.tell !== undefined) return tellResults(options.tell, options, write);
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
  const entries = readResult(resultFile).filter(({ result }) => result.verdict.holds);
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
    writeResult(resultFile, entries);
    if (run.mutation !== undefined && !isCaught(entry)) escaped += 1;
  }
  write(`\neverything in numbers: ${resultFile}\n`);
  if (options.mutations === true) {
    write(`${planned.length - escaped} of ${planned.length} mutations were caught\n`);
    return escaped === 0 ? 0 : 1;
  }
  const told = putTogether([entries]);
  write(`\n${asText(ledgerTable(told))}\n\n${asText(figuresTable(told))}\n`);
  return entries.every(({ result }) => result.verdict.holds) ? 0 : 1;
}

/** Prints several results as one, as the page has it; with `into` it is a result as well. */
function tellResults(names: string, { into }: FaultsOptions, write: World['write']): number {
  const files = names.split(',').map((name) => resolve(name));
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`--tell: there is no ${missing}`);
  const told = putTogether(files.map(readResult));
  if (into !== undefined) writeResult(resolve(into), told);
  write(`${asMarkdown(ledgerTable(told))}\n${asMarkdown(figuresTable(told))}`);
  return told.every(({ result }) => result.verdict.holds) ? 0 : 1;
}

interface World {
  readonly root: string;
  readonly env: Environment;
  readonly folder: string;
  readonly write: (text: string) => void;
}

/** @returns `undefined` where this machine cannot play the case */
async function oneRun(
  { setup, fault, seed, mutation }: Planned,
  options: FaultsOptions,
  { root, env, folder, write }: World,
): Promise<Entry | undefined> {
  const label = mutation === undefined ? fault.name : `${mutation} in ${fault.name}`;
  write(`${label} on ${setup}, seed ${seed}, ${options.events ?? fault.events} events: ${fault.what}\n`);
  const reason = fault.notOn?.[setup];
  if (reason !== undefined) {
    write(`  skipped: it means nothing on ${setup}: ${reason}\n`);
    return undefined;
  }
  const own = join(folder, `${setup}-${mutation ?? fault.name}-${seed}`);
  const result = await runCase(fault, {
    root,
    env,
    setup,
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
  const entry: Entry = {
    setup,
    name: fault.name,
    seed,
    result,
    ...(mutation === undefined ? {} : { mutation }),
  };
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

function mustBeCount(name: string, value: number | undefined): void {
  if (value !== undefined && (!Number.isInteger(value) || value < 1))
    throw new Error(`--${name}: '${value}' is no whole number above 0`);
}
