import { serializeError } from '@hookline/core';
import { DelayedError, UnrecoverableError, WaitingError, type Job } from 'bullmq';

/**
 * The ways a processor tells BullMQ what becomes of a job. The ledger has been written before any of them is
 * thrown; an error that is none of these is a fault of ours, not of the user's code.
 */

/** The attempt failed and is to be tried again after `delay` ms; the worker's back-off strategy asks for it. */
export class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly delay: number;

  constructor(error: unknown, delay: number) {
    const { message, stack } = describeError(error);
    super(message);
    this.stack = stack;
    this.delay = delay;
  }
}

/** Another worker holds the job now: nothing of this one's is kept, and BullMQ's own lock check sees to the rest. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';

  constructor() {
    super('another worker has taken this job over while this one was not answering; its result is not kept');
  }
}

/** The job ends as failed: its dead letter is written, or there is nothing to write one about. */
export function failedForGood(error: unknown): UnrecoverableError {
  const { message, stack } = describeError(error);
  const failure = new UnrecoverableError(message);
  failure.stack = stack;
  return failure;
}

/** BullMQ asks the job's own options whether to try again; here the handler's policy has decided already. */
export function tryAgain(job: Job, error: unknown, delay: number): TryAgainError {
  job.opts.attempts = Number.MAX_SAFE_INTEGER;
  job.opts.backoff = { type: 'settled' };
  return new TryAgainError(error, delay);
}

export function isVerdict(error: unknown): boolean {
  return [TryAgainError, LockLostError, UnrecoverableError, WaitingError, DelayedError].some(
    (type) => error instanceof type,
  );
}

/** User code may throw anything. */
function describeError(error: unknown): { message: string; stack: string } {
  const { message, stack = message } = serializeError(error);
  return { message, stack };
}
