import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger, Meter } from '@hookline/core';
import type { RunningAttempt } from '../run/running-attempts.ts';
import { METRICS } from '../client/metric-rows.ts';

export interface LoopWatchOptions {
  readonly running: {
    all(): readonly RunningAttempt[];
    /** Those whose locks ran out. */
    claimed(): readonly RunningAttempt[];
  };
  /** Says that attempts go on whose locks may have run out, and aborts those that were taken over. */
  readonly reclaim: (attempts: readonly RunningAttempt[]) => Promise<void>;
  readonly log: Logger;
  readonly meter: Meter;
  /** After how many milliseconds of it a job's lock is lost: another thread renews it until shortly before. */
  readonly lock: number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

const INTERVAL_MS = 500;

/**
 * Notices that this process did not get to run: its code blocked the event loop, or the machine or a debugger stopped
 * it. Locks are not renewed for ever in that time, so afterwards each running attempt is looked at, at once: one that nobody took
 * over goes on, and says so from then on until it ends; one that was taken over is aborted before it does more.
 */
export function watchEventLoop(options: LoopWatchOptions): { stop(): void } {
  const { running, reclaim, log, meter, lock, clock, interval = INTERVAL_MS } = options;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter.gauge(METRICS.eventLoopLag, () => {
    const longest = delay.max / 1e9;
    delay.reset();
    return longest;
  });
  let last = clock();
  let renewed = last;
  const timer = setInterval(() => {
    const lag = clock() - last - interval;
    last = clock();
    if (lag > lock / 2) {
      log.warn(
        'this process stood still; code that computes for long belongs into a thread or a process of its own',
        { lagMs: Math.round(lag), lockMs: lock, running: running.all().length },
      );
      void reclaim(running.all());
    } else if (last - renewed > lock / 4) {
      renewed = last;
      void reclaim(running.claimed());
    }
  }, interval).unref();
  return {
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
