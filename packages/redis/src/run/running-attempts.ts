import type { Meter } from '@hookline/core';
import type { Ending } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import { METRICS } from '../client/metric-rows.ts';
import { AttemptAbortedError, type Abort, type AbortCause } from './abort.ts';
import type { Run } from './run-id.ts';

/** The turn that has an attempt's job now: another one when BullMQ gave the job to this process once more. */
export interface Hold {
  lease: Lease;
}

/** One attempt while it runs. */
export interface RunningAttempt {
  readonly hold: Hold;
  readonly run: Run;
  readonly workId: string;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly isTracked: boolean;
  readonly abort: Abort;
  /** How the work ends, whichever turn tells BullMQ. */
  readonly ending: Promise<Ending>;
}

/** The attempts that run in this process, and the ways in which they are aborted from outside. */
export class RunningAttempts {
  readonly #all = new Set<RunningAttempt>();
  readonly #byWork = new Map<string, RunningAttempt>();
  /** Those whose lock ran out: they say themselves that they go on. */
  readonly #claimed = new WeakSet<RunningAttempt>();
  readonly #countLost: ReturnType<Meter['counter']>;

  constructor(meter: Meter) {
    this.#countLost = meter.counter(METRICS.locksLost);
  }

  get all(): readonly RunningAttempt[] {
    return [...this.#all];
  }

  /** The one that has run for longest. */
  get oldest(): RunningAttempt | undefined {
    let oldest: RunningAttempt | undefined;
    for (const attempt of this.#all)
      if (oldest === undefined || attempt.startedAt < oldest.startedAt) oldest = attempt;
    return oldest;
  }

  /** Keeps it among the others until it has ended. */
  track(attempt: RunningAttempt): void {
    const forget = () => {
      this.#all.delete(attempt);
      if (this.#byWork.get(attempt.workId) === attempt) this.#byWork.delete(attempt.workId);
      if (attempt.abort.wasBy('lock-lost')) this.#countLost({ queue: attempt.hold.lease.queue });
    };
    this.#all.add(attempt);
    this.#byWork.set(attempt.workId, attempt);
    attempt.ending.then(forget, forget);
  }

  /** The attempt of this work that goes on: one that lost it to another process does not. */
  of(workId: string): RunningAttempt | undefined {
    const newest = this.#byWork.get(workId);
    return newest === undefined || newest.abort.wasBy('lock-lost') ? undefined : newest;
  }

  /**
   * Sees to attempts whose locks may have run out: those that still count say so, the others are aborted.
   * @param reclaim whether a run still counts
   */
  async reclaim(
    attempts: readonly RunningAttempt[],
    reclaim: (run: Run, lease: Lease) => Promise<boolean>,
  ): Promise<void> {
    await Promise.all(
      attempts.map(async (attempt) => {
        if (attempt.abort.reason !== undefined) return;
        if (await reclaim(attempt.run, attempt.hold.lease)) this.#claimed.add(attempt);
        // One that has ended meanwhile has lost nothing.
        else if (this.#all.has(attempt))
          attempt.abort.abort(new AttemptAbortedError('lock-lost', 'another worker has taken this job over'));
      }),
    );
  }

  /** Those of one job. */
  at(queue: string, jobId: string): readonly RunningAttempt[] {
    return this.all.filter(({ hold: { lease } }) => lease.queue === queue && lease.jobId === jobId);
  }

  /** The attempts whose claims have to be renewed. */
  get claimed(): readonly RunningAttempt[] {
    return this.all.filter((attempt) => this.#claimed.has(attempt));
  }

  abortAll(cause: AbortCause, message: string): void {
    for (const { abort } of this.#all) abort.abort(new AttemptAbortedError(cause, message));
  }
}

/** What a turn ends with that has this attempt's job: nothing of its own once another turn has it. */
export async function endOfTurn(attempt: RunningAttempt, lease: Lease): Promise<Ending> {
  attempt.hold.lease = lease;
  const ending = await attempt.ending;
  return attempt.hold.lease === lease ? ending : { kind: 'lock-lost' };
}
