import type { WorkSite } from '../contenders/workers.ts';
import type { Bench } from '../host/bench.ts';
import { measureJobs } from '../measure/jobs.ts';
import { inRounds, type Named, type Row } from '../measure/rounds.ts';
import { tell } from './saturation.ts';
import type { Column } from './scenario.ts';

export interface Working extends Named {
  readonly site: WorkSite;
  readonly handlers?: number;
}

/** Nobody knows how fast a contender is before its first round. */
const FIRST_EVENTS = 1_000;

/** Measures how many events each works off in a second, in rounds: as many wait as it needs one round's time for. */
export function workOff(
  bench: Bench,
  scenario: string,
  contenders: readonly Working[],
): Promise<readonly Row[]> {
  const rates = new Map<string, number>();
  return inRounds({
    contenders,
    rounds: bench.fewerRounds,
    say: (contender, round, measured) => tell(bench, scenario, contender, round, measured),
    async measure({ name, site, handlers = 1 }) {
      const rate = rates.get(name);
      const events = rate === undefined ? FIRST_EVENTS : Math.ceil(rate * bench.options.seconds);
      const measured = await measureJobs(site, bench.options.smoke ? 200 : events, handlers);
      rates.set(name, measured.figures['jobs'] ?? FIRST_EVENTS);
      return measured;
    },
  });
}

export const JOBS: readonly Column[] = [
  { title: 'events/s', figure: 'jobs', as: 'median' },
  { title: 'low–high', figure: 'jobs', as: 'range' },
];
