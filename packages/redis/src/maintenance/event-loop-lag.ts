import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger, Meter } from '@hookline/core';
import { AttemptAbortedError } from '../run/attempt.ts';
import type { RunningAttempt } from '../run/execute.ts';
import type { Partition } from '../client/partition.ts';
import { METRICS } from '../client/metric-rows.ts';

export interface LoopWatchOptions {
  readonly partition: Partition;
  readonly running: ReadonlyMap<string, RunningAttempt>;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds that a job's lock lasts; it is renewed when half of them are over. */
  readonly lock: number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

const INTERVAL_MS = 500;

/**
 * Notices that this process did not get to run: its code blocked the event loop, or the machine or a debugger stopped
 * it. Locks cannot be renewed in that time, so afterwards each running attempt's is looked at, at once: one that was
 * taken over is aborted before it does more, and not only at BullMQ's next renewal.
 */
export function watchEventLoop(options: LoopWatchOptions): { stop(): void } {
  const { running, log, meter, lock, clock, interval = INTERVAL_MS } = options;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter.gauge(METRICS.eventLoopLag, () => {
    const longest = delay.max / 1e9;
    delay.reset();
    return longest;
  });
  let last = clock();
  const timer = setInterval(() => {
    const lag = clock() - last - interval;
    last = clock();
    if (lag <= lock / 2) return;
    log.warn(
      'this process stood still; code that computes for long belongs into a thread or a process of its own',
      {
        lagMs: Math.round(lag),
        lockMs: lock,
        running: running.size,
      },
    );
    abortWhatWasTakenOver(options).catch((error: unknown) => log.debug('locks', { error: String(error) }));
  }, interval).unref();
  return {
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

async function abortWhatWasTakenOver({ partition, running }: LoopWatchOptions): Promise<void> {
  await Promise.all(
    [...running].map(async ([jobKey, attempt]) => {
      const { queue, jobId, token, controller } = attempt;
      const holder = await partition.connection.get(partition.keys.bullLock(queue, jobId));
      if (holder === token || running.get(jobKey) !== attempt) return;
      controller.abort(new AttemptAbortedError('lock-lost', 'another worker has taken this job over'));
    }),
  );
}
