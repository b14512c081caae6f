import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Equation, Ledger } from './invariants.ts';
import { groupBy } from './group-by.ts';
import { effectsFolder } from './ledger.ts';

/** One run of a scheduled job. Times in milliseconds since the epoch; `slot` by the clock that the fleet believed in. */
export interface Tick {
  readonly schedule: string;
  readonly slot: number;
  readonly pid: number;
  readonly at: number;
}

/** The runs of a schedule by slot, in order. */
export function readTicks(folder: string, schedule: string): Tick[] {
  const files = readdirSync(effectsFolder(folder));
  return files
    .flatMap((file) =>
      readFileSync(join(effectsFolder(folder), file), 'utf8')
        .split('\n')
        .slice(0, -1),
    )
    .map((line) => JSON.parse(line) as Tick)
    .filter((tick) => tick.schedule === schedule)
    .toSorted((a, b) => a.slot - b.slot || a.at - b.at);
}

/** No slot runs twice, but for one whose worker was killed in the middle of it. */
export function repeatedSlots(ticks: readonly Tick[], { lives }: Ledger): Equation {
  const repeated = [...groupBy(ticks, ({ slot }) => slot)].filter(([, runs]) => {
    const [first, ...more] = runs;
    const death = lives.find(({ pid }) => pid === first?.pid)?.to ?? Infinity;
    return first !== undefined && more.length > 0 && Math.abs(death - first.at) > 1_500;
  });
  return {
    name: 'slots',
    says: 'each slot of a schedule runs once',
    broken: repeated.map(([slot, runs]) => `${new Date(slot).toISOString()} ran ${runs.length} times`),
  };
}

const SLOT_MS = 1_000;
/** A run is made when the one before it starts, so what kills that one may cost the slots until it is taken over. */
const TAKEOVER_MS = 14_000;

/** Every second has its run, but for those in which no worker lived or one had just been killed. */
export function missingSlots(ticks: readonly Tick[], { faults }: Ledger): Equation {
  const broken: string[] = [];
  for (const [index, tick] of ticks.entries()) {
    const before = ticks[index - 1];
    if (before === undefined || tick.slot - before.slot <= SLOT_MS) continue;
    const explained = faults.some(
      ({ at, until }) => before.slot >= at - TAKEOVER_MS && before.slot <= until + TAKEOVER_MS,
    );
    if (!explained)
      broken.push(`${(tick.slot - before.slot) / SLOT_MS - 1} after ${new Date(before.slot).toISOString()}`);
  }
  return { name: 'gaps', says: 'no slot is missing without a cause', broken };
}
