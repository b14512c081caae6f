import { setTimeout as wait } from 'node:timers/promises';
import { DEAD_LETTER_QUEUE, type Logger, type Meter, type RedisTarget, type Registry } from '@hookline/core';
import { Worker, type Queue } from 'bullmq';
import { AttemptAbortedError, type AbortCause } from './attempt.ts';
import { connect } from './connection.ts';
import { createEnqueuer, openQuietQueue } from './enqueue.ts';
import { reportConnection } from './event-store.ts';
import type { ParsePayload } from './event-record.ts';
import { createKeys } from './keys.ts';
import { createLedger } from './ledger.ts';
import { TryAgainError } from './bull-verdict.ts';
import { listenForCancellations } from './cancellations.ts';
import type { RunningAttempt } from './execute.ts';
import { announceJobs } from './job-definitions.ts';
import { createProcessor } from './processor.ts';
import { forgetExpired, forgetJobs } from './retention.ts';
import { reconcileSchedules } from './schedules.ts';
import { evictionProblem, UnfitServerError } from './server-check.ts';

/** How much of one queue is worked on at a time. */
export interface QueueSettings {
  /** Jobs at once in each worker process. */
  readonly concurrency?: number;
  /** Jobs at once over all workers. */
  readonly globalConcurrency?: number;
  /** Over all workers: at most `max` jobs begin within `duration` ms. Stronger than `concurrency`. */
  readonly limiter?: { readonly max: number; readonly duration: number };
}

export interface WorkerOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly registry: Registry;
  readonly parsePayload: ParsePayload;
  readonly log: Logger;
  /** Concurrency of queues without settings of their own. */
  readonly concurrency: number;
  readonly queues: Readonly<Record<string, QueueSettings>>;
  /** Milliseconds that a finished event is kept, and with it the memory of its id. */
  readonly retention: number;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly jobRetention: number;
  /** Milliseconds for work whose definition sets no timeout. */
  readonly defaultTimeout: number;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly meter?: Meter;
}

export interface RunningWorker {
  /** Resolves when Redis answers. */
  ping(): Promise<void>;
  /**
   * Takes no new work, waits for what runs, then aborts it and puts it back.
   * @param deadline milliseconds for all of it
   * @returns the jobs that did not even end when aborted: another worker takes them when their locks run out
   */
  stop(deadline: number): Promise<readonly string[]>;
}

/**
 * BullMQ's defaults let 64 s pass between a worker's death and the next try. With these the lock of a dead
 * worker is over after at most 10 s and found within 2 s more. Its own limit of stalls would fail a job
 * without a dead letter, so it is out of the way: `settle` counts the deaths.
 */
const LOCK_MS = 10_000;
const STALLED_INTERVAL_MS = 2_000;
const NO_STALL_LIMIT = Number.MAX_SAFE_INTEGER;
/** BullMQ waits 15 s before it talks to Redis again after an outage. */
const RUN_RETRY_MS = 500;
const FORGET_INTERVAL_MS = 60_000;
/** What is left of the stop deadline for handlers that were just aborted. */
const ABORT_MS = 2_500;

/**
 * Starts working on every queue of the registry, and makes the schedules match it.
 * @throws UnfitServerError when this Redis may throw data away
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const {
    target,
    prefix,
    registry,
    parsePayload,
    log,
    retention,
    jobRetention,
    defaultTimeout,
    now = Date.now,
    random = Math.random,
  } = options;
  const connection = connect(target, 'worker');
  reportConnection(connection, log);
  const problem = await evictionProblem(connection);
  if (problem !== undefined) {
    connection.disconnect();
    throw new UnfitServerError(problem);
  }
  const keys = createKeys(prefix);
  const enqueuer = createEnqueuer(connection, prefix);
  const running = new Map<string, RunningAttempt>();
  const processor = createProcessor({
    registry,
    ledger: createLedger({ connection, keys, enqueuer, parsePayload, now, retention, jobRetention }),
    context: { connection, keys, enqueuer, registry, now, retention },
    log: (fields) => withFields(log, fields),
    now,
    random,
    defaultTimeout,
    track(attempt) {
      const jobKey = `${attempt.queue}/${attempt.jobId}`;
      running.set(jobKey, attempt);
      return () => running.delete(jobKey);
    },
  });

  const queues = [...registry.queues].map((name) => openQuietQueue(name, connection, prefix));
  await connection.sadd(keys.queues, ...registry.queues, DEAD_LETTER_QUEUE);
  await announceJobs(connection, keys, registry);
  for (const queue of queues) {
    const { globalConcurrency } = options.queues[queue.name] ?? {};
    if (globalConcurrency === undefined) await queue.removeGlobalConcurrency();
    else await queue.setGlobalConcurrency(globalConcurrency);
  }
  await reconcileSchedules(registry, await everyQueue(queues), log);

  function abort(jobKey: string, cause: AbortCause, message: string): void {
    running.get(jobKey)?.controller.abort(new AttemptAbortedError(cause, message));
  }

  const workers = [...registry.queues].map((name) => {
    const settings = options.queues[name] ?? {};
    const worker = new Worker(name, (job, token = '') => processor(job, token), {
      connection,
      prefix,
      concurrency: settings.concurrency ?? options.concurrency,
      ...(settings.limiter === undefined ? {} : { limiter: settings.limiter }),
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      maxStalledCount: NO_STALL_LIMIT,
      runRetryDelay: RUN_RETRY_MS,
      settings: {
        backoffStrategy: (_made, _type, error) => (error instanceof TryAgainError ? error.delay : -1),
      },
    });
    worker.on('error', (error) => log.debug('queue error', { queue: name, error: error.message }));
    worker.on('stalled', (jobId) =>
      log.warn('taken over from a worker that died or stopped answering', { queue: name, job: jobId }),
    );
    worker.on('lockRenewalFailed', (jobIds: string[]) => {
      for (const jobId of jobIds)
        abort(`${name}/${jobId}`, 'lock-lost', 'another worker has taken this job over');
    });
    return worker;
  });

  const cancellations = listenForCancellations(target, connection, keys, running);
  const forgetting = setInterval(() => {
    Promise.all([forgetExpired(connection, keys, now()), forgetJobs(connection, keys, now())]).catch(
      (error: unknown) => log.debug('retention', { error: String(error) }),
    );
  }, FORGET_INTERVAL_MS).unref();

  async function stop(deadline: number): Promise<readonly string[]> {
    clearInterval(forgetting);
    const closed = Promise.all(workers.map((worker) => worker.close()));
    const patience = Math.max(0, deadline - ABORT_MS);
    if (!(await endsWithin(closed, patience))) {
      log.warn('the stop deadline is near: aborting what still runs and putting it back', {
        jobs: running.size,
      });
      for (const jobKey of running.keys()) abort(jobKey, 'shutdown', 'this process is stopping');
      await endsWithin(closed, deadline - patience);
    }
    const left = [...running.keys()];
    cancellations.close();
    connection.disconnect();
    return left;
  }

  let stopped: Promise<readonly string[]> | undefined;
  return {
    async ping() {
      await connection.ping();
    },
    stop: (deadline) => (stopped ??= stop(deadline)),
  };

  /** The registry's queues, and those that only an earlier deploy knew: their schedules have to go. */
  async function everyQueue(own: readonly Queue[]): Promise<readonly Queue[]> {
    const others = (await connection.smembers(keys.queues)).filter(
      (name) => !registry.queues.has(name) && name !== DEAD_LETTER_QUEUE,
    );
    return [...own, ...others.map((name) => openQuietQueue(name, connection, prefix))];
  }
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      wait(ms, false, { signal: over.signal }),
    ]);
  } finally {
    over.abort();
  }
}

function withFields(log: Logger, fields: Record<string, unknown>): Logger {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}
