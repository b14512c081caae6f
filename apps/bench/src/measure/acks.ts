import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from './statistics.ts';
import type { OpenReceiver } from '../host/receiving.ts';
import type { Bench } from '../host/bench.ts';
import type { LoadResult } from '../load/load.ts';
import type { Stream } from '../load/orders.ts';
import type { RequestPlan } from '../load/requests.ts';
import type { Measured } from './rounds.ts';

/** How a receiver is loaded. */
export interface AckLoad {
  readonly plan: Omit<RequestPlan, 'count'>;
  /** How many requests there are at most. */
  readonly count: number;
  readonly mode: Stream['mode'];
  readonly connections?: number;
  /** Others that run beside it, whose answers are not counted here. */
  readonly beside?: readonly Stream[];
  /** What Redis holds already and keeps; otherwise it is emptied afterwards. */
  readonly keepsWhatIsThere?: boolean;
}

export const CONNECTIONS = 64;
const SPOOL_PATIENCE_MS = 5_000;
const POLL_MS = 50;

/**
 * One round of acknowledgements, with all that it cost.
 * The measurement is void when anything but 200 was answered, or Redis does not hold as many events as were sent.
 */
export async function measureAcks(bench: Bench, open: OpenReceiver, load: AckLoad): Promise<Measured> {
  const { redis, program, receiver } = open;
  const { plan, count, mode, connections = CONNECTIONS, beside = [] } = load;
  await bench.load.prepare('acks', { ...plan, count });
  // Listing a million events takes as long as a round: then their number says it.
  const held = load.keepsWhatIsThere === true ? await receiver.waiting(redis.control) : 0;
  const usage = await program.ask({ ask: 'usage' });
  const before = await redis.control.reading();
  const [result, ...others] = await bench.load.run(
    { set: 'acks', port: open.port, connections, mode },
    ...beside,
  );
  const after = await redis.control.reading();
  const usageAfter = await program.ask({ ask: 'usage' });
  if (result === undefined) throw new Error('the load has no result');

  const events = Math.ceil(result.answered / (plan.copies ?? 1));
  const countStored = () =>
    load.keepsWhatIsThere === true ? receiver.waiting(redis.control) : receiver.stored(redis.control);
  const stored = await settledAt(countStored, held + events);
  const settled = await redis.control.reading();
  if (load.keepsWhatIsThere !== true) await redis.clear();
  const each = (amount: number) => amount / result.answered;
  const nodeMicros = each(usageAfter.cpuMicros - usage.cpuMicros);
  const redisMicros = each(after.cpuMicros - before.cpuMicros);
  return {
    figures: {
      ...timesOf(result),
      acks: (result.answered / result.elapsed) * 1000,
      nodeMicros,
      redisMicros,
      cpuMicros: nodeMicros + redisMicros,
      commands: each(after.commands - before.commands),
      bytes: (settled.memory - before.memory) / events,
      rss: usageAfter.rss,
      ...Object.fromEntries(others.map(({ answered, elapsed }) => ['beside', (answered / elapsed) * 1000])),
    },
    problems: [...wrongAnswers(result, '200'), ...miscount('events are stored', stored - held, events)],
  };
}

/** What a receiver has on its own disk, because Redis took too long, is there a moment later. @returns the last count */
async function settledAt(count: () => Promise<number>, wanted: number): Promise<number> {
  const deadline = performance.now() + SPOOL_PATIENCE_MS;
  for (;;) {
    const found = await count();
    if (found === wanted || performance.now() > deadline) return found;
    await wait(POLL_MS);
  }
}

/** Milliseconds from when requests were due to their answers. */
export function timesOf({ latencies }: LoadResult): { readonly [Name in 'p50' | 'p99' | 'max']: number } {
  const sorted = latencies.toSorted();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) };
}

/** @returns why a measurement is void, or nothing */
export function wrongAnswers({ statuses, answered }: LoadResult, wanted: string): readonly string[] {
  if (answered === 0) return ['nothing was answered'];
  return Object.entries(statuses)
    .filter(([status]) => status !== wanted)
    .map(([status, times]) => `${times} of ${answered} were answered ${status}`);
}

/** @returns why a measurement is void, or nothing */
export function miscount(what: string, found: number, wanted: number): readonly string[] {
  return found === wanted ? [] : [`${found} ${what} of ${wanted}`];
}
