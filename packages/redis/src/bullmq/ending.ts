import { backoff, retryPolicy, serializeError, type RetryPolicy } from '@hookline/core';
import { DelayedError, UnrecoverableError, WaitingError, type Job } from 'bullmq';
import { leaseOf, type Lease } from './lease.ts';
import type { EndedTurn } from './taken-job.ts';

/**
 * What becomes of a job after one turn in this process. The ledger has been written by then: this is what BullMQ is
 * told, and `conclude` is the only place that throws to tell it.
 */
export type Ending =
  /** `ended`: its job has been ended, too, in the step that settled the work. */
  | { readonly kind: 'completed'; readonly result: unknown; readonly ended?: EndedTurn | undefined }
  /** The attempt failed and is to be tried again after `delay` ms. */
  | { readonly kind: 'retried'; readonly error: unknown; readonly delay: number }
  /** The job ends as failed: its dead letter is written, or there is nothing to write one about. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It lies until somebody wakes it, or until this time: `isDue` says whether that somebody came before it lay there. */
  | { readonly kind: 'awaiting'; readonly until: number; readonly isDue: () => Promise<boolean> }
  /** This process is stopping: the job waits for another one, and no attempt is spent. */
  | { readonly kind: 'released' }
  | PutOff
  /** Not for this worker now: it comes back after `delay` ms, and no attempt is spent. */
  | { readonly kind: 'passed-on'; readonly reason: string; readonly delay: number }
  /** Another turn has the job now: this one has nothing to tell BullMQ. */
  | { readonly kind: 'lock-lost' };

/** This process could not do its part: the job comes back after `delay` ms, and no attempt is spent. */
export interface PutOff {
  readonly kind: 'put-off';
  readonly error: unknown;
  readonly delay: number;
  /** The same as a time, in milliseconds since the epoch. */
  readonly until: number;
}

/** Does jobs, one turn each. Neither function throws for what the user's code did. */
export interface Processor {
  run(lease: Lease): Promise<Ending>;
  /** Something of ours failed, not the user's code: it must neither cost an attempt nor end the job. */
  putOff(lease: Lease, fault: unknown): PutOff;
}

/** How long jobs wait that are put off. */
const PUT_OFF: RetryPolicy = retryPolicy({ backoff: { delay: '1s', max: '1m' } });

/** @param random from 0 to 1 */
export function putOff({ started, made }: Lease, error: unknown, now: number, random: number): PutOff {
  const delay = backoff(PUT_OFF, started - made, random);
  return { kind: 'put-off', error, delay, until: now + delay };
}

/** One turn of a job: what BullMQ is to call, and all that it is told. */
export async function runTurn(job: Job, token: string, processor: Processor): Promise<unknown> {
  const lease = leaseOf(job, token);
  return conclude(job, token, await endingOf(lease, processor), (fault) => processor.putOff(lease, fault));
}

/** How a turn ends, whatever happens in it. */
export function endingOf(lease: Lease, processor: Processor): Promise<Ending> {
  return processor.run(lease).catch((fault: unknown) => processor.putOff(lease, fault));
}

/**
 * Moves the job where its ending says, and tells BullMQ the rest by what it returns or throws.
 * @returns what the job completes with
 * @throws what it fails with, or an error that `isSeenTo`
 */
export async function conclude(
  job: Job,
  token: string,
  ending: Ending,
  onFault: (fault: unknown) => PutOff,
): Promise<unknown> {
  switch (ending.kind) {
    case 'completed':
      return ending.result;
    case 'retried':
      throw tryAgain(job, ending);
    case 'failed':
      throw standFor(UnrecoverableError, ending.error);
    case 'lock-lost':
      // BullMQ takes this to mean that the job was seen to.
      throw new DelayedError();
    case 'released':
      await job.moveToWait(token).catch((fault: unknown) => moveOff(job, token, onFault(fault)));
      throw new WaitingError();
    case 'awaiting':
      await lieUntilWoken(job, token, ending).catch((fault: unknown) => moveOff(job, token, onFault(fault)));
      throw new DelayedError();
    case 'put-off':
      return moveOff(job, token, ending);
    case 'passed-on': {
      const { reason, delay } = ending;
      return moveOff(job, token, { error: new Error(reason), delay, until: Date.now() + delay });
    }
  }
}

/** Whether an error of `conclude` says that the job is not to be ended: it lies elsewhere, or is somebody else's. */
export function isSeenTo(error: unknown): boolean {
  return error instanceof DelayedError || error instanceof WaitingError;
}

/**
 * Lets go of the job until its deadline: waiting takes no worker. Who finishes it, or lets its handler go on, promotes it;
 * one that they came to before it lay here has to be promoted here.
 */
async function lieUntilWoken(
  job: Job,
  token: string,
  { until, isDue }: Ending & { kind: 'awaiting' },
): Promise<void> {
  await job.moveToDelayed(until, token);
  if (await isDue()) await job.promote().catch(() => undefined);
}

async function moveOff(job: Job, token: string, ending: Omit<PutOff, 'kind'>): Promise<never> {
  try {
    await job.moveToDelayed(ending.until, token);
  } catch {
    throw tryAgain(job, ending);
  }
  throw new DelayedError();
}

/** Thrown to BullMQ for `retried`. Its `cause` is what the ending holds. */
export class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly delay: number;

  constructor(message: string, delay = 0) {
    super(message);
    this.delay = delay;
  }
}

/** What every worker's options hold, so that BullMQ waits as long as the ending says. */
export const backoffStrategy = (_made: number, _type?: string, error?: Error): number =>
  error instanceof TryAgainError ? error.delay : -1;

/** BullMQ asks the job's own options whether to try again; here the handler's policy has decided already. */
function tryAgain(job: Job, { error, delay }: { readonly error: unknown; readonly delay: number }): Error {
  job.opts.attempts = Number.MAX_SAFE_INTEGER;
  job.opts.backoff = { type: 'settled' };
  return standFor(TryAgainError, error, delay);
}

/** An error of BullMQ's kind with the message and stack of the user's, who may throw anything. */
function standFor<Rest extends unknown[]>(
  Kind: new (message: string, ...rest: Rest) => Error,
  error: unknown,
  ...rest: Rest
): Error {
  const { message, stack = message } = serializeError(error);
  const thrown = new Kind(message, ...rest);
  thrown.stack = stack;
  thrown.cause = error;
  return thrown;
}
