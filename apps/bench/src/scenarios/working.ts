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

/** For each process, so that its code is compiled by then. */
const WARM_UP_EVENTS = 1_500;
/** For each process: with fewer, the first and the last ones would be most of it. */
const FEWEST_EVENTS = 400;
const SMOKE_EVENTS = 200;

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
      const processes = site.workers.length;
      const events =
        rate === undefined
          ? WARM_UP_EVENTS * processes
          : Math.max(Math.ceil(rate * bench.options.seconds), FEWEST_EVENTS * processes);
      const measured = await measureJobs(site, bench.options.smoke ? SMOKE_EVENTS : events, handlers);
      rates.set(name, measured.figures['jobs'] ?? 0);
      return measured;
    },
  });
}

export const JOBS: readonly Column[] = [
  { title: 'events/s', figure: 'jobs', as: 'median' },
  { title: 'low–high', figure: 'jobs', as: 'range' },
];
