import { SETUPS, type SetupName } from '../setups/setup.ts';
import { CASES, MUTATION_CASES, SMOKE } from './cases.ts';
import type { FaultCase } from './fault-case.ts';
import type { Entry } from './report.ts';

/** One run that is asked for. */
export interface Planned {
  readonly setup: SetupName;
  readonly fault: FaultCase;
  readonly seed: number;
  readonly mutation?: string;
}

export interface PlanOptions {
  /** Comma-separated names; all of them unless given. */
  readonly case?: string;
  /** Comma-separated names of set-ups. */
  readonly setup: string;
  /** The first seed; the ones after it follow. */
  readonly seed: number;
  /** Runs of each case, each with a seed of its own. */
  readonly seeds?: number;
  /** The small set that every change has to pass. */
  readonly smoke?: boolean;
}

/** Set-up by set-up. What is asked for by its name is planned also where it means nothing: whoever runs it says so. */
export function planRuns({ case: names, setup, seed, seeds, smoke }: PlanOptions): Planned[] {
  const cases = names === undefined ? (smoke === true ? SMOKE : CASES) : names.split(',').map(caseNamed);
  const count = seeds ?? (smoke === true || names !== undefined ? 1 : 3);
  return setupsNamed(setup).flatMap((on) =>
    cases
      .filter(({ notOn }) => names !== undefined || notOn?.[on] === undefined)
      .flatMap((fault) =>
        Array.from({ length: count }, (_, index) => ({ setup: on, fault, seed: seed + index })),
      ),
  );
}

export function planMutations({ case: names, setup, seed }: PlanOptions): Planned[] {
  const all = setupsNamed(setup).flatMap((on) =>
    Object.entries(MUTATION_CASES).map(([mutation, fault]) => ({ setup: on, fault, seed, mutation })),
  );
  if (names === undefined) return all;
  return names.split(',').flatMap((name) => {
    const found = all.filter(({ mutation }) => mutation === name);
    if (found.length === 0)
      throw new Error(`no mutation is named '${name}'; there are: ${Object.keys(MUTATION_CASES).join(', ')}`);
    return found;
  });
}

export function isOf({ setup, fault, seed, mutation }: Planned, entry: Entry): boolean {
  return (
    entry.setup === setup && entry.name === fault.name && entry.seed === seed && entry.mutation === mutation
  );
}

/** As a plan of everything has them: by set-up, case and seed, whenever each was run. */
export function inOrder(entries: readonly Entry[]): readonly Entry[] {
  const placeOf = ({ setup, name }: Entry): number =>
    SETUPS.indexOf(setup) * CASES.length + CASES.findIndex((fault) => fault.name === name);
  return entries.toSorted((a, b) => placeOf(a) - placeOf(b) || a.seed - b.seed);
}

/** @throws Error that lists the set-ups */
function setupsNamed(names: string): readonly SetupName[] {
  return names.split(',').map((name) => {
    const found = SETUPS.find((setup) => setup === name);
    if (found === undefined) throw new Error(`no set-up is named '${name}'; there are: ${SETUPS.join(', ')}`);
    return found;
  });
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
