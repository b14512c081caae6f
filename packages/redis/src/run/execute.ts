import {
  isPoison,
  NonRetryableError,
  serializeError,
  settle,
  type Logger,
  type Outcome,
  type RetryPolicy,
  type RunContext,
  type Settlement,
} from '@hookline/core';
import { DelayedError, WaitingError, type Job } from 'bullmq';
import { AttemptAbortedError, runAttempt } from './attempt.ts';
import { failedForGood, LockLostError, tryAgain } from '../bullmq/ending.ts';
import type { Ledger, Opened } from './ledger.ts';
import type { Hold, Subject } from './work-ref.ts';
import { createRunContext, type ContextParts } from './context.ts';

export interface ExecuteParts {
  readonly ledger: Ledger;
  readonly context: ContextParts;
  readonly log: (fields: Record<string, unknown>) => Logger;
  readonly now: () => number;
  readonly random: () => number;
  /** Told of each attempt while it runs, so that others can abort it; returns the way to forget it. */
  readonly track: (running: RunningAttempt) => () => void;
  /** Milliseconds for work whose definition sets no timeout. */
  readonly defaultTimeout: number;
}

/** One attempt while it runs. */
export interface RunningAttempt {
  readonly queue: string;
  readonly jobId: string;
  /** What its lock holds for as long as it is ours. */
  readonly token: string;
  readonly workId: string;
  readonly isTracked: boolean;
  readonly controller: AbortController;
}

/** What is to be run for one piece of work. */
export interface Runnable<Value> {
  readonly retry: RetryPolicy;
  readonly timeout: number | undefined;
  /** `run` only sends the work out. */
  readonly external?: boolean;
  run(value: Value, ctx: RunContext): unknown;
}

export function holdOf(job: Job, token: string): Hold {
  return {
    queue: job.queueName,
    jobId: job.id ?? '',
    token,
    made: job.attemptsMade,
    stalled: job.stalledCounter,
  };
}

/**
 * One attempt of opened work: run → settle → tell BullMQ.
 * @returns what the job ends with; throws the verdicts of bull-verdict.ts otherwise
 */
export async function execute<Value>(
  parts: ExecuteParts,
  job: Job,
  token: string,
  subject: Subject,
  opened: Opened<Value>,
  runnable: Runnable<Value>,
): Promise<unknown> {
  switch (opened.kind) {
    case 'succeeded':
      return opened.result;
    case 'dead':
      throw failedForGood(new Error(`${subject.workId} has failed already`));
    case 'superseded':
      throw failedForGood(new Error(`another job runs ${subject.workId} now`));
    case 'lost':
      throw new LockLostError();
    case 'awaiting':
      return awaitFinish(parts, job, token, subject, opened.until);
    case 'gone':
      throw failedForGood(new Error(`the event of ${subject.workId} is not in the event store any more`));
    case 'shed':
      throw failedForGood(bodyShed(subject.workId));
    case 'overdue':
    case 'open':
      break;
  }
  const { ledger, now } = parts;
  const attempt = job.attemptsMade + 1;
  const name = subject.kind === 'job' ? { job: subject.job } : {};
  const log = parts.log({ work: subject.workId, ...name, attempt });
  const startedAt = now();
  const timeout = runnable.timeout ?? parts.defaultTimeout;
  const { settlement, lockLost } =
    opened.kind === 'overdue'
      ? { settlement: neverFinished(timeout), lockLost: false }
      : await runOnce(parts, job, token, subject, opened, { ...runnable, timeout }, attempt, log);
  if (lockLost) throw new LockLostError();
  const until = startedAt + timeout;
  const record = { attempt, startedAt, endedAt: now() };
  const settled = await ledger.settle(subject, holdOf(job, token), settlement, record, until);
  switch (settled.kind) {
    case 'lost':
      throw new LockLostError();
    case 'succeeded':
      log.info('finished from outside while it ran');
      return settled.result;
    case 'failed':
      throw failedForGood(new Error(`${subject.workId} was cancelled while it ran`));
    case 'kept':
      if (settlement.kind === 'await') log.info('sent out; waits to be finished', { until });
      return settlement.kind === 'await'
        ? awaitFinish(parts, job, token, subject, until)
        : conclude(job, token, settlement, runnable.retry, log, now() - startedAt);
  }
}

function neverFinished(timeout: number): Settlement {
  const error = new Error(`nobody finished it within its timeout of ${timeout} ms`);
  return { kind: 'bury', reason: 'never-finished', error };
}

/**
 * Lets go of the job until its deadline: waiting takes no worker. Who finishes it promotes it, so that it ends at once;
 * one that was finished before it lay here has to be promoted here.
 */
async function awaitFinish(
  { ledger }: ExecuteParts,
  job: Job,
  token: string,
  { workId }: Subject,
  until: number,
): Promise<never> {
  await job.moveToDelayed(until, token);
  if (await ledger.isOver(workId)) await job.promote().catch(() => undefined);
  throw new DelayedError();
}

async function runOnce<Value>(
  { context, random, track }: ExecuteParts,
  job: Job,
  token: string,
  subject: Subject,
  opened: Extract<Opened<Value>, { kind: 'open' }>,
  { retry, timeout, external = false, run }: Runnable<Value> & { readonly timeout: number },
  attempt: number,
  log: Logger,
): Promise<{ settlement: Settlement; lockLost: boolean }> {
  if (isPoison(opened.deaths)) {
    const error = new Error(`${opened.deaths} workers died or stopped answering while they ran this`);
    return { settlement: { kind: 'bury', reason: 'worker-lost', error }, lockLost: false };
  }
  const controller = new AbortController();
  const maxAttempts = Math.max(retry.attempts, attempt);
  const ctx = createRunContext(context, {
    job,
    token,
    workId: subject.workId,
    attempt,
    maxAttempts,
    controller,
    log,
    tracked: opened.tracked,
    external,
  });
  const untrack = track({
    ...{ queue: job.queueName, jobId: job.id ?? '', token, workId: subject.workId, controller },
    isTracked: opened.tracked !== undefined,
  });
  try {
    const outcome = await runAttempt(
      () => (opened.damaged ? refuseDamaged() : run(opened.value, ctx)),
      controller,
      timeout,
    );
    const { reason } = controller.signal;
    const lockLost = reason instanceof AttemptAbortedError && reason.abortedBy === 'lock-lost';
    return {
      settlement: settle(asJson(outcome), attempt, retry, random(), external ? 'external' : undefined),
      lockLost,
    };
  } finally {
    untrack();
  }
}

/** Tells BullMQ what the ledger already holds. */
async function conclude(
  job: Job,
  token: string,
  settlement: Exclude<Settlement, { kind: 'await' }>,
  { attempts }: RetryPolicy,
  log: Logger,
  ms: number,
): Promise<unknown> {
  switch (settlement.kind) {
    case 'complete':
      log.info('handled', { ms });
      return settlement.result;
    case 'retry': {
      const { error, delay } = settlement;
      log.warn('failed; will be tried again', {
        ms,
        of: attempts,
        retryInMs: delay,
        error: serializeError(error).message,
      });
      throw tryAgain(job, error, delay);
    }
    case 'bury': {
      const { error, reason } = settlement;
      log.error('gave up; kept as a dead letter', { ms, reason, error: serializeError(error).message });
      throw failedForGood(error);
    }
    case 'release':
      log.info('put back: this process is stopping', { ms });
      await job.moveToWait(token);
      throw new WaitingError();
  }
}

/** What an operator is told who has settled work run again. */
export function bodyShed(workId: string): Error {
  return new Error(
    `${workId} cannot be run: its event was settled, and its body was shed later to make room in Redis. ` +
      `Nothing is damaged, but the body is not kept any more`,
  );
}

function refuseDamaged(): never {
  throw new NonRetryableError(
    'the stored body does not match the SHA-256 stored with it: the data in Redis is damaged',
  );
}

/** What a handler returns is kept as JSON; something that cannot be is the handler's mistake, found on the first try. */
function asJson(outcome: Outcome): Outcome {
  if (outcome.kind !== 'succeeded') return outcome;
  try {
    const json = JSON.stringify(outcome.result);
    return { kind: 'succeeded', result: json === undefined ? null : (JSON.parse(json) as unknown) };
  } catch (error) {
    return {
      kind: 'failed',
      error: new NonRetryableError('the returned value cannot be kept as JSON', { cause: error }),
    };
  }
}
