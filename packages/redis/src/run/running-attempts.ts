import type { Meter } from '@hookline/core';
import { METRICS } from '../client/metric-rows.ts';
import { AttemptAbortedError, endedBy, type AbortCause } from './attempt.ts';
import type { RunningAttempt } from './execute.ts';

/** The attempts that run in this process, by `queue/job id`, and the ways in which they are aborted from outside. */
export class RunningAttempts {
  readonly all = new Map<string, RunningAttempt>();
  readonly #countLost: ReturnType<Meter['counter']>;

  constructor(meter: Meter) {
    this.#countLost = meter.counter(METRICS.locksLost);
  }

  /** @returns the way to forget it */
  track(attempt: RunningAttempt): () => void {
    const key = keyOf(attempt.queue, attempt.jobId);
    const { signal } = attempt.controller;
    this.all.set(key, attempt);
    signal.addEventListener('abort', () => {
      if (endedBy(signal, 'lock-lost')) this.#countLost({ queue: attempt.queue });
    });
    return () => this.all.delete(key);
  }

  abort(queue: string, jobId: string, cause: AbortCause, message: string): void {
    this.all.get(keyOf(queue, jobId))?.controller.abort(new AttemptAbortedError(cause, message));
  }

  abortAll(cause: AbortCause, message: string): void {
    for (const { controller } of this.all.values()) controller.abort(new AttemptAbortedError(cause, message));
  }
}

function keyOf(queue: string, jobId: string): string {
  return `${queue}/${jobId}`;
}
