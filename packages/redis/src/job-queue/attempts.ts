import {
  backoff,
  isPoison,
  NonRetryableError,
  overridePolicy,
  retryPolicy,
  settle,
  type Outcome,
  type RetryPolicy,
} from '@hookline/core';
import { DelayedError, WaitingError } from 'bullmq';
import { AttemptAbortedError, endedBy, runAttempt, type AbortCause } from '../run/attempt.ts';
import { failedForGood, LockLostError, tryAgain } from '../bullmq/ending.ts';
import { asParent } from './chain.ts';
import type { JobContext } from './context.ts';
import type { SafeEmitter } from './emitter.ts';
import { storable } from './failure.ts';
import { workOf, type BullJob } from '../bullmq/job-data.ts';
import { snapshot, type AnyJobs, type QueuedJob } from './job.ts';
import type { Settings } from './options.ts';

/** A handler without its types. */
export type AnyHandler = (job: QueuedJob, ctx: JobContext) => unknown;

export interface AttemptParts {
  readonly queue: string;
  readonly settings: () => Settings;
  readonly handlers: ReadonlyMap<string, AnyHandler>;
  readonly emitter: SafeEmitter;
  readonly enqueue: JobContext<AnyJobs>['enqueue'];
}

/** The way of jobs through this process, one attempt each. */
export interface Attempts {
  /** Runs one attempt; throws the verdicts of bull-verdict.ts. */
  process(job: BullJob, token: string): Promise<unknown>;
  /** What the user's code threw, for the error that BullMQ was given instead. */
  causeOf(verdict: Error): Error;
  /** Tells one running attempt to stop, or all of them. */
  abort(cause: AbortCause, message: string, jobId?: string): void;
  /** The ids of the jobs that run. */
  readonly running: readonly string[];
}

/** A job that no process here knows is put back at these distances. */
const PUT_BACK: RetryPolicy = retryPolicy({ backoff: { delay: '1s', max: '5s', jitter: 0 } });

export function createAttempts({ queue, settings, handlers, emitter, enqueue }: AttemptParts): Attempts {
  const controllers = new Map<string, AbortController>();
  const causes = new WeakMap<Error, Error>();

  async function process(job: BullJob, token: string): Promise<unknown> {
    const handler = handlers.get(job.name);
    if (handler === undefined) return putBack(job, token);
    const deaths = job.stalledCounter - (workOf(job).forgiven ?? 0);
    if (isPoison(deaths))
      throw blaming(
        failedForGood,
        new Error(`${deaths} workers died or stopped answering while they ran this`),
      );
    return attempt(job, token, handler);
  }

  async function attempt(job: BullJob, token: string, handler: AnyHandler): Promise<unknown> {
    const { options } = workOf(job);
    const policy = overridePolicy(settings().retry, {
      ...(options?.attempts === undefined ? {} : { attempts: options.attempts }),
      ...(options?.backoff === undefined ? {} : { backoff: options.backoff }),
    });
    const controller = new AbortController();
    const id = job.id ?? '';
    const active = snapshot(job, 'active', policy.attempts);
    const ctx: JobContext = {
      attempt: active.attempt,
      maxAttempts: policy.attempts,
      signal: controller.signal,
      progress: (value) => job.updateProgress(value),
      enqueue,
    };
    controllers.set(id, controller);
    emitter.emit('active', active);
    let succeeded = () => {};
    const run = () => {
      const child = asParent(queue, id, () => handler(active, ctx));
      succeeded = child.end;
      return child.result;
    };
    try {
      const outcome = asJson(await runAttempt(run, controller, options?.timeout ?? settings().timeout));
      if (endedBy(controller.signal, 'lock-lost')) throw new LockLostError();
      return await conclude(job, token, outcome, policy, succeeded);
    } finally {
      controllers.delete(id);
    }
  }

  async function conclude(
    job: BullJob,
    token: string,
    outcome: Outcome,
    policy: RetryPolicy,
    succeeded: () => void,
  ): Promise<unknown> {
    const settlement = settle(outcome, job.attemptsMade + 1, policy, Math.random());
    switch (settlement.kind) {
      case 'complete':
        succeeded();
        return settlement.result;
      case 'retry':
        throw blaming((error) => tryAgain(job, error, settlement.delay), settlement.error);
      case 'bury':
        throw blaming(failedForGood, settlement.error);
      case 'release':
        await job.moveToWait(token);
        throw new WaitingError();
      case 'await':
        throw new Error('jobs of a JobQueue are not finished from outside');
    }
  }

  /** Makes BullMQ's error for what happened, and remembers what it stands for. */
  function blaming(verdictOn: (error: Error) => Error, thrown: unknown): Error {
    const kept = storable(thrown);
    const verdict = verdictOn(kept);
    causes.set(verdict, thrown instanceof Error ? thrown : kept);
    return verdict;
  }

  /** Another process may know the name: it is passed on without costing an attempt, for as long as is set. */
  async function putBack(job: BullJob, token: string): Promise<never> {
    const turns = Math.max(0, job.attemptsStarted - job.attemptsMade - 1);
    const patience = settings().waitForHandler;
    let waited = 0;
    for (let turn = 1; turn <= turns && waited < patience; turn += 1) waited += backoff(PUT_BACK, turn, 0);
    if (waited >= patience) {
      const known = [...handlers.keys()].map((name) => `'${name}'`).join(', ');
      throw blaming(
        failedForGood,
        new NonRetryableError(
          `no process has a handler for jobs named '${job.name}': this one knows ${known}`,
        ),
      );
    }
    const delay = Math.min(backoff(PUT_BACK, turns + 1, 0), patience - waited);
    await job.moveToDelayed(Date.now() + delay, token);
    throw new DelayedError();
  }

  return {
    process,
    causeOf: (verdict) => causes.get(verdict) ?? verdict,
    abort(cause, message, jobId) {
      const chosen = jobId === undefined ? [...controllers.values()] : [controllers.get(jobId)];
      for (const controller of chosen) controller?.abort(new AttemptAbortedError(cause, message));
    },
    get running() {
      return [...controllers.keys()];
    },
  };
}

/** What a handler returns is kept as JSON; something that cannot be is the handler's mistake, found on the first try. */
function asJson(outcome: Outcome): Outcome {
  if (outcome.kind !== 'succeeded') return outcome;
  try {
    const json = JSON.stringify(outcome.result) as string | undefined;
    return { kind: 'succeeded', result: json === undefined ? null : (JSON.parse(json) as unknown) };
  } catch (cause) {
    return {
      kind: 'failed',
      error: new NonRetryableError('the returned value cannot be kept as JSON', { cause }),
    };
  }
}
