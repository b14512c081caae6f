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
import { asJson, endedBy, runAttempt } from './attempt.ts';
import type { Ending } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import type { Ledger, Opened } from './ledger.ts';
import type { WorkRef } from './work-ref.ts';
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

/** One attempt at one piece of work, from its opening to its end. */
interface Attempt<Value> {
  readonly parts: ExecuteParts;
  readonly lease: Lease;
  readonly ref: WorkRef;
  readonly runnable: Runnable<Value>;
  /** 1 for the first. */
  readonly number: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly startedAt: number;
  readonly log: Logger;
}

/**
 * One attempt of opened work: guard → run → decide → settle → end.
 * @returns what the job ends with; rejects when something of ours failed, not the user's code
 */
export async function execute<Value>(
  parts: ExecuteParts,
  lease: Lease,
  ref: WorkRef,
  opened: Opened<Value>,
  runnable: Runnable<Value>,
): Promise<Ending> {
  if (opened.kind !== 'open' && opened.kind !== 'overdue') return alreadyOver(parts, ref, opened);
  const number = lease.made + 1;
  const name = ref.kind === 'job' ? { job: ref.job } : {};
  const attempt: Attempt<Value> = {
    parts,
    lease,
    ref,
    runnable,
    number,
    timeout: runnable.timeout ?? parts.defaultTimeout,
    startedAt: parts.now(),
    log: parts.log({
      work: ref.workId,
      ...name,
      attempt: number,
    }),
  };
  const decided = opened.kind === 'overdue' ? neverFinished(attempt) : await decide(attempt, opened);
  return decided === 'lock-lost' ? { kind: 'lock-lost' } : end(attempt, decided);
}

/** How work ends that is not to be run: it is over, in other hands, or not there any more. */
function alreadyOver<Value>(
  { ledger }: ExecuteParts,
  { workId }: WorkRef,
  opened: Exclude<Opened<Value>, { kind: 'open' | 'overdue' }>,
): Ending {
  switch (opened.kind) {
    case 'succeeded':
      return { kind: 'completed', result: opened.result };
    case 'dead':
      return { kind: 'failed', error: new Error(`${workId} has failed already`) };
    case 'superseded':
      return { kind: 'failed', error: new Error(`another job runs ${workId} now`) };
    case 'lost':
      return { kind: 'lock-lost' };
    case 'awaiting':
      return { kind: 'awaiting', until: opened.until, isOver: () => ledger.isOver(workId) };
    case 'gone':
      return {
        kind: 'failed',
        error: new Error(`the event of ${workId} is not in the event store any more`),
      };
    case 'shed':
      return { kind: 'failed', error: bodyShed(workId) };
  }
}

function neverFinished<Value>({ timeout }: Attempt<Value>): Settlement {
  const error = new Error(`nobody finished it within its timeout of ${timeout} ms`);
  return { kind: 'bury', reason: 'never-finished', error };
}

/** Runs the user's code, unless it has killed too many workers, and decides what its outcome means. */
async function decide<Value>(
  attempt: Attempt<Value>,
  opened: Extract<Opened<Value>, { kind: 'open' }>,
): Promise<Settlement | 'lock-lost'> {
  if (isPoison(opened.deaths)) {
    const error = new Error(`${opened.deaths} workers died or stopped answering while they ran this`);
    return { kind: 'bury', reason: 'worker-lost', error };
  }
  const { parts, runnable, number } = attempt;
  const controller = new AbortController();
  const outcome = await run(attempt, opened, controller);
  if (endedBy(controller.signal, 'lock-lost')) return 'lock-lost';
  return settle(
    asJson(outcome),
    number,
    runnable.retry,
    parts.random(),
    runnable.external === true ? 'external' : undefined,
  );
}

async function run<Value>(
  { parts, lease, ref, runnable, number, timeout, log }: Attempt<Value>,
  opened: Extract<Opened<Value>, { kind: 'open' }>,
  controller: AbortController,
): Promise<Outcome> {
  const ctx = createRunContext(parts.context, {
    lease,
    controller,
    log,
    attempt: number,
    workId: ref.workId,
    tracked: opened.tracked,
    maxAttempts: Math.max(runnable.retry.attempts, number),
    external: runnable.external ?? false,
  });
  const untrack = parts.track({
    queue: lease.queue,
    jobId: lease.jobId,
    token: lease.token,
    workId: ref.workId,
    controller,
    isTracked: opened.tracked !== undefined,
  });
  try {
    return await runAttempt(
      () => (opened.damaged ? refuseDamaged() : runnable.run(opened.value, ctx)),
      controller,
      timeout,
    );
  } finally {
    untrack();
  }
}

/** Writes the decision to the ledger, and says what the job ends with: the ledger has the last word. */
async function end<Value>(attempt: Attempt<Value>, settlement: Settlement): Promise<Ending> {
  const { parts, lease, ref, number, startedAt, timeout, log } = attempt;
  const until = startedAt + timeout;
  const record = { attempt: number, startedAt, endedAt: parts.now() };
  const settled = await parts.ledger.settle(ref, lease, settlement, record, until);
  switch (settled.kind) {
    case 'lost':
      return { kind: 'lock-lost' };
    case 'succeeded':
      log.info('finished from outside while it ran');
      return { kind: 'completed', result: settled.result };
    case 'failed':
      return { kind: 'failed', error: new Error(`${ref.workId} was cancelled while it ran`) };
    case 'settled':
      return conclude(attempt, settlement, until);
  }
}

/** The ending of an attempt whose settlement is in the ledger. */
function conclude<Value>(
  { parts, ref, runnable, startedAt, log }: Attempt<Value>,
  settlement: Settlement,
  until: number,
): Ending {
  const ms = parts.now() - startedAt;
  switch (settlement.kind) {
    case 'await':
      log.info('sent out; waits to be finished', { until });
      return { kind: 'awaiting', until, isOver: () => parts.ledger.isOver(ref.workId) };
    case 'complete':
      log.info('handled', { ms });
      return { kind: 'completed', result: settlement.result };
    case 'retry': {
      const { error, delay } = settlement;
      const { message } = serializeError(error);
      log.warn('failed; will be tried again', {
        ms,
        of: runnable.retry.attempts,
        retryInMs: delay,
        error: message,
      });
      return { kind: 'retried', error, delay };
    }
    case 'bury': {
      const { error, reason } = settlement;
      log.error('gave up; kept as a dead letter', { ms, reason, error: serializeError(error).message });
      return { kind: 'failed', error };
    }
    case 'release':
      log.info('put back: this process is stopping', { ms });
      return { kind: 'released' };
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
