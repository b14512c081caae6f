import { setTimeout as wait } from 'node:timers/promises';
import { LATE, within } from '@hookline/core';
import { TryAgainError } from '../bullmq/ending.ts';
import { WORKER_SETTINGS } from '../bullmq/worker.ts';
import type { Attempts } from './attempts.ts';
import type { SafeEmitter } from './emitter.ts';
import type { BullJob } from '../bullmq/job-data.ts';
import { snapshot } from './job.ts';
import type { JobQueueHooks, Settings } from './options.ts';
import type { Store } from './store.ts';

export interface RunnerParts {
  readonly store: Store;
  readonly settings: () => Settings;
  readonly attempts: Attempts;
  readonly hooks: JobQueueHooks;
  readonly emitter: SafeEmitter;
}

/** A queue's worker in this process. */
export interface Runner {
  setConcurrency(concurrency: number): Promise<void>;
  /**
   * Takes nothing new and waits for what runs and for its hooks; at the deadline what runs is aborted and put back.
   * @param deadline milliseconds for all of it; as long as it takes when `undefined`
   * @returns the jobs that did not even end when aborted
   */
  close(deadline: number | undefined): Promise<readonly string[]>;
}

/** How long an idle worker waits before it looks again whether a limit was raised elsewhere. */
const IDLE_SECONDS = 1;
const START_RETRY_MS = 500;
/** What is left of the deadline for handlers that were just aborted. */
const ABORT_MS = 2_500;

/** Starts working, as soon as the store can be reached. */
export function startRunner({ store, settings, attempts, hooks, emitter }: RunnerParts): Runner {
  const closing = new AbortController();
  const reporter = createReporter({ settings, attempts, hooks, emitter });

  const started = startWhenPossible();

  async function startWhenPossible() {
    while (!closing.signal.aborted) {
      try {
        return await start();
      } catch (error) {
        emitter.emit('error', error instanceof Error ? error : new Error(String(error)));
        await wait(START_RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async function start() {
    await store.ready();
    const { concurrency, limiter } = settings();
    // Over all processes: BullMQ keeps it with the queue, as it does how many a limiter has let through.
    await store.queue.setGlobalConcurrency(concurrency);
    const worker = await store.openWorker((job, token) => attempts.process(job, token), {
      concurrency: settings().concurrency,
      ...(limiter === undefined ? {} : { limiter }),
      ...WORKER_SETTINGS,
      drainDelay: IDLE_SECONDS,
    });
    worker.on('completed', (job) => {
      attempts.stored(job.id ?? '');
      reporter.completed(job);
    });
    worker.on('failed', (job, error) => {
      if (job === undefined) return;
      attempts.stored(job.id ?? '');
      if (error instanceof TryAgainError) reporter.retried(job, error);
      else reporter.failed(job, error);
    });
    worker.on('lockRenewalFailed', (jobIds: string[]) => {
      for (const jobId of jobIds)
        store.queue
          .getJob(jobId)
          .then((job) => attempts.lockLost(jobId, job?.attemptsStarted))
          .catch((error: unknown) =>
            emitter.emit('error', error instanceof Error ? error : new Error(String(error))),
          );
    });
    worker.on('error', (error) => emitter.emit('error', error));
    return worker;
  }

  return {
    async setConcurrency(concurrency) {
      const worker = await started;
      if (worker === undefined) return;
      worker.concurrency = concurrency;
      // The loop waits for a job to end before it counts again; this wakes it without touching what runs.
      await worker.pause(true);
      await worker.resume();
    },
    async close(deadline) {
      closing.abort();
      const closed = started.then((worker) => worker?.close());
      const patience = deadline === undefined ? undefined : Math.max(0, deadline - ABORT_MS);
      if (!(await endsWithin(closed, patience))) {
        attempts.abort('shutdown', 'this queue is closing');
        await endsWithin(closed, (deadline ?? 0) - (patience ?? 0));
      }
      const left = attempts.running;
      await reporter.done();
      return left;
    },
  };
}

/** Tells the queue's listeners and hooks what became of jobs. */
function createReporter({ settings, attempts, hooks, emitter }: Omit<RunnerParts, 'store'>) {
  const reporting = new Set<Promise<void>>();

  // BullMQ tells of these after it has stored the state.

  function completed(job: BullJob): void {
    const now = snapshot(job, 'completed', settings().retry.attempts);
    emitter.emit('completed', now, now.result);
    report('onComplete', () => hooks.onComplete?.(now, now.result));
  }

  function failed(job: BullJob, told: Error): void {
    const now = snapshot(job, 'failed', settings().retry.attempts);
    const error = attempts.causeOf(told);
    emitter.emit('failed', now, error);
    report('onFailed', () => hooks.onFailed?.(now, error));
  }

  function retried(job: BullJob, { delay }: TryAgainError): void {
    const then = snapshot(job, delay > 0 ? 'delayed' : 'waiting', settings().retry.attempts);
    const now = { ...then, runAt: Date.now() + delay };
    emitter.emit('retrying', now, now.attempt, delay);
    report('onRetry', () => hooks.onRetry?.(now, now.attempt, delay));
  }

  function report(hook: string, run: () => unknown): void {
    const done = emitter.guard(hook, run).finally(() => reporting.delete(done));
    reporting.add(done);
  }

  return { completed, failed, retried, done: () => Promise.all(reporting) };
}

async function endsWithin(promise: Promise<unknown>, ms: number | undefined): Promise<boolean> {
  if (ms === undefined) return promise.then(() => true);
  return (await within(ms, promise)) !== LATE;
}
