import type { ProcessStatus, SystemState } from '@hookline/redis';
import { countOf, spanOf } from './kit/amounts.ts';

/** Events that one process holds on its own disk until Redis takes them. */
export interface Spool {
  readonly process: ProcessStatus;
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds that the oldest has been there. */
  readonly oldest: number;
}

const OLD_MS = 60_000;
const NEARLY_FULL = 0.8;

/** The spools of the processes that have one, as their status tells of them. */
export function spoolsOf({ processes }: SystemState): readonly Spool[] {
  return processes.flatMap((process) => {
    const events = numberIn(process, 'spool_events');
    if (events === undefined) return [];
    const oldest = (numberIn(process, 'spool_oldest_age_seconds') ?? 0) * 1_000;
    return [{ process, events, bytes: numberIn(process, 'spool_bytes') ?? 0, oldest }];
  });
}

function numberIn({ detail }: ProcessStatus, name: string): number | undefined {
  const value = detail[name];
  return typeof value === 'number' ? value : undefined;
}

/** What an operator should look at, in words; the most urgent first. */
export function warningsOf(state: SystemState): readonly string[] {
  const { memory, queues, deadLetters, appendfsync } = state;
  const warnings = spoolsOf(state).flatMap((spool) => spoolWarning(spool) ?? []);
  if (memory.policy !== 'noeviction' && memory.policy !== 'unknown')
    warnings.push(
      `Redis may throw data away: its maxmemory-policy is ${memory.policy}; Hookline needs noeviction.`,
    );
  if (memory.ratio >= NEARLY_FULL)
    warnings.push(
      `Redis is ${Math.round(memory.ratio * 100)} % full: soon new events are refused so that workers can drain. Give it more memory, or add workers.`,
    );
  if (appendfsync === 'off' || appendfsync === 'no')
    warnings.push(
      'Redis does not sync an append-only file: events that were answered 200 are lost with its memory.',
    );
  for (const role of ['receiver', 'worker'])
    if (!state.processes.some((process) => process.role === role))
      warnings.push(`No ${role} is there: none runs, or none reaches Redis.`);
  for (const { name, paused, waiting, prioritized, delayed, unworkedSince } of queues) {
    if (paused)
      warnings.push(`The queue ${name} is paused, with ${countOf(waiting + prioritized, 'job')} waiting.`);
    const lying = waiting + prioritized + delayed;
    if (unworkedSince !== undefined && lying > 0)
      warnings.push(
        `No worker works on the queue ${name}, with ${countOf(lying, 'job')} in it, for ${spanOf(state.at - unworkedSince)}. Start one that defines its handlers and jobs; what none has after UNCLAIMED_AFTER becomes a dead letter.`,
      );
  }
  if (state.unknown.length > 0)
    warnings.push(
      `Work waits for what no live worker has: ${state.unknown.join(', ')}. Start a worker that defines it; after UNCLAIMED_AFTER it becomes a dead letter.`,
    );
  if (deadLetters > 0)
    warnings.push(
      `${countOf(deadLetters, 'dead letter')} will not be tried again by itself: npm run hookline -- dead list`,
    );
  return warnings;
}

function spoolWarning({ process, events, oldest }: Spool): string | undefined {
  if (events === 0) return undefined;
  const what =
    `The ${process.role} on ${process.host} (pid ${process.pid}) keeps ${countOf(events, 'event')} on its own disk, ` +
    `the oldest for ${spanOf(oldest)}, until Redis takes them.`;
  return oldest < OLD_MS ? what : `${what} That is long: look at its log, and keep its disk.`;
}
