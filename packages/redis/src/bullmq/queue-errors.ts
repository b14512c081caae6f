import { explain, type Logger } from '@hookline/core';
import { isReply } from '../client/server-facts.ts';

/** What the errors of a process's queues come to. Times in milliseconds. */
export interface QueueErrors {
  /** A BullMQ worker of that queue could not do something. */
  note(queue: string, error: Error): void;
  /** The queues that have failed again and again for so long that somebody has to look, by name. */
  failing(): readonly string[];
}

export interface QueueErrorOptions {
  readonly log: Logger;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** How long a queue has to fail until it counts as failing. */
  readonly patience?: number;
  /** Whether the connection says that Redis is there: one that is away is its connection's to report. */
  readonly isReady: () => boolean;
}

const PATIENCE_MS = 60_000;
/** Failing queues are tried every half second; after so long without an error, what was wrong is over. */
const QUIET_MS = 15_000;
const REPEAT_MS = 30_000;
/** Redis's answers that pass by themselves, or that the connection deals with. */
const NO_CONNECTION =
  /Connection is closed|Command timed out|Stream isn't writeable|max retries|ECONN|EPIPE|ETIMEDOUT/;
/** Its lock went to somebody else: the attempt's own to report. */
const LOST_LOCK = /^(?:missing lock|lock mismatch|could not renew lock)/i;
const PASSING = /^(?:LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|UNBLOCKED)\b/;

interface Run {
  readonly since: number;
  last: number;
  reported: number;
  unreported: number;
}

/** Says each queue's errors at once, then every half minute with how many there were: two come each second. */
export function watchQueueErrors(options: QueueErrorOptions): QueueErrors {
  const { log, clock, isReady, patience = PATIENCE_MS } = options;
  const runs = new Map<string, Run>();

  const current = (queue: string) => {
    const run = runs.get(queue);
    return run !== undefined && clock() - run.last < QUIET_MS ? run : undefined;
  };

  return {
    note(queue, error) {
      if (isNoFault(error, isReady())) return log.debug('queue error', { queue, error: explain(error) });
      const now = clock();
      const run = current(queue) ?? { since: now, last: now, reported: -Infinity, unreported: 0 };
      runs.set(queue, run);
      run.last = now;
      run.unreported += 1;
      if (now - run.reported < REPEAT_MS) return;
      log.error('a queue fails: its jobs may not run', {
        queue,
        error: explain(error),
        times: run.unreported,
        forMs: Math.round(now - run.since),
      });
      run.reported = now;
      run.unreported = 0;
    },
    failing: () =>
      [...runs.keys()].filter((queue) => {
        const run = current(queue);
        return run !== undefined && run.last - run.since >= patience;
      }),
  };
}

/** Whether that says nothing about the queue itself. */
function isNoFault(error: Error, isReady: boolean): boolean {
  const { message } = error;
  if (LOST_LOCK.test(message)) return true;
  if (isReply(error)) return PASSING.test(message);
  return !isReady || NO_CONNECTION.test(message);
}
