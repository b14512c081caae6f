import { setTimeout as wait } from 'node:timers/promises';
import type { WorkSite } from '../contenders/workers.ts';
import { miscount } from './acks.ts';
import type { Measured } from './rounds.ts';

const POLL_MS = 20;
const PATIENCE_MS = 60_000;

/**
 * One round of work: so many events wait, then the workers begin, until nothing is left.
 * The measurement is void when handlers began more or less often than there are events for them.
 */
export async function measureJobs(site: WorkSite, events: number, handlers = 1): Promise<Measured> {
  const { redis, workers } = site;
  await site.fill(events);
  const usage = await totals(workers);
  const before = await redis?.control.reading();
  const began = performance.now();
  await site.begin();
  const wanted = usage.count + events * handlers;
  while ((await countOf(workers)) < wanted && performance.now() - began < PATIENCE_MS) await wait(POLL_MS);
  while (((await site.left?.()) ?? 0) > 0 && performance.now() - began < PATIENCE_MS) await wait(POLL_MS);
  const elapsed = performance.now() - began;
  const after = await redis?.control.reading();
  const usageAfter = await totals(workers);
  const left = (await site.left?.()) ?? 0;
  // What they noted of each event is not asked for here.
  await Promise.all(workers.map((worker) => worker.ask({ ask: 'started' })));

  const each = (amount: number) => amount / events;
  return {
    figures: {
      jobs: (events / elapsed) * 1000,
      nodeMicros: each(usageAfter.cpuMicros - usage.cpuMicros),
      ...(before &&
        after && {
          redisMicros: each(after.cpuMicros - before.cpuMicros),
          commands: each(after.commands - before.commands),
        }),
    },
    problems: [
      ...miscount('handlers began', usageAfter.count - usage.count, events * handlers),
      ...(left === 0 ? [] : [`${left} jobs were left`]),
    ],
  };
}

async function totals(workers: WorkSite['workers']): Promise<{ cpuMicros: number; count: number }> {
  const all = await Promise.all(workers.map((worker) => worker.ask({ ask: 'usage' })));
  return {
    cpuMicros: all.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
    count: all.reduce((sum, { count }) => sum + count, 0),
  };
}

async function countOf(workers: WorkSite['workers']): Promise<number> {
  const all = await Promise.all(workers.map((worker) => worker.ask({ ask: 'count' })));
  return all.reduce((sum, { count }) => sum + count, 0);
}
