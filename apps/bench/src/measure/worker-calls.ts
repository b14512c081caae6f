import { openBare, openHookline } from '../contenders/workers.ts';
import type { Bench } from '../host/bench.ts';
import { measureJobs } from './jobs.ts';

const EVENTS = 500;
const COUNTED = { processes: 1, counted: true };

/**
 * Commands that one worker writes to Redis for each event, counted by a proxy in between, apart from all rounds; what
 * scripts call is not among them.
 */
export async function countWorkerCalls(
  bench: Bench,
  who: 'bare' | 'hookline',
): Promise<{ readonly calls: number }> {
  const site = who === 'bare' ? await openBare(bench, COUNTED) : await openHookline(bench, COUNTED);
  const events = bench.options.smoke ? 50 : EVENTS;
  // The first ones load scripts.
  await measureJobs(site, 20);
  site.proxy?.take();
  await measureJobs(site, events);
  return { calls: (site.proxy?.take().calls ?? Number.NaN) / events };
}
