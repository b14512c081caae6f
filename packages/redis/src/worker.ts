import { setTimeout as wait } from 'node:timers/promises';
import {
  DEAD_LETTER_QUEUE,
  NO_METER,
  type Logger,
  type Meter,
  type RedisTarget,
  type Registry,
} from '@hookline/core';
import type { Queue } from 'bullmq';
import { createActivity } from './bullmq/metrics.ts';
import { AttemptAbortedError, endedBy, type AbortCause } from './run/attempt.ts';
import { startCanaries, type CanarySettings } from './maintenance/canary.ts';
import { connect } from './client/connection.ts';
import { every } from './client/every.ts';
import { createPartition, openQuietQueue } from './bullmq/add-job.ts';
import { reportConnection } from './events/store.ts';
import type { ParsePayload } from './events/record.ts';
import { createLedger } from './run/redis-ledger.ts';
import { listenForCancellations } from './run/cancellations.ts';
import type { RunningAttempt } from './run/execute.ts';
import { announceJobs } from './jobs/definitions.ts';
import { watchLoop } from './maintenance/event-loop-lag.ts';
import { createProcessor } from './run/processor.ts';
import { LOCK_MS, openQueueWorker } from './bullmq/worker.ts';
import { startRelief, type ReliefSettings } from './events/evict.ts';
import { forgetExpired } from './events/prune.ts';
import { forgetJobs } from './jobs/prune.ts';
import { reconcileSchedules } from './maintenance/schedules.ts';
import { evictionProblem, UnfitServerError } from './client/server-facts.ts';
import { startSweeper, type SweeperSettings } from './maintenance/rescuer.ts';

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
  readonly sweeper?: SweeperSettings;
  readonly canary?: CanarySettings;
  readonly relief?: ReliefSettings;
}

export interface RunningWorker {
  /** Resolves when Redis answers. */
  ping(): Promise<void>;
  /** The queues that give this process no jobs though they should: it is to be started anew. */
  stuckQueues(): readonly string[];
  /**
   * Takes no new work, waits for what runs, then aborts it and puts it back.
   * @param deadline milliseconds for all of it
   * @param why after `crashed` nothing is put back: one of those that still run may have crashed us, and has to
   *   be counted as a death, or it would crash one worker after the other for ever
   * @returns the jobs that did not end: another worker takes them when their locks run out
   */
  stop(deadline: number, why?: 'asked' | 'crashed'): Promise<readonly string[]>;
}

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
    meter = NO_METER,
  } = options;
  const clock = (): number => performance.now();
  const concurrencyOf = (name: string): number => options.queues[name]?.concurrency ?? options.concurrency;
  const connection = connect(target, 'worker');
  reportConnection(connection, log);
  const problem = await evictionProblem(connection);
  if (problem !== undefined) {
    connection.disconnect();
    throw new UnfitServerError(problem);
  }
  const partition = createPartition(connection, prefix);
  const running = new Map<string, RunningAttempt>();
  const activity = createActivity(meter, clock);
  const lockLost = meter.counter(
    'hookline_locks_lost_total',
    'Attempts that were aborted because another worker had taken their job over.',
    ['queue'],
  );
  const processor = createProcessor({
    registry,
    ledger: createLedger({ partition, parsePayload, now, retention, jobRetention }),
    context: { partition, registry, now, retention },
    log: (fields) => withFields(log, fields),
    now,
    random,
    defaultTimeout,
    track(attempt) {
      const jobKey = `${attempt.queue}/${attempt.jobId}`;
      const { signal } = attempt.controller;
      running.set(jobKey, attempt);
      signal.addEventListener('abort', () => {
        if (endedBy(signal, 'lock-lost')) lockLost({ queue: attempt.queue });
      });
      return () => running.delete(jobKey);
    },
  });

  const queues = [...registry.queues].map((name) => openQuietQueue(name, connection, prefix));
  await connection.sadd(partition.keys.queues, ...registry.queues, DEAD_LETTER_QUEUE);
  await announceJobs(partition, registry);
  for (const queue of queues) {
    const { globalConcurrency } = options.queues[queue.name] ?? {};
    if (globalConcurrency === undefined) await queue.removeGlobalConcurrency();
    else await queue.setGlobalConcurrency(globalConcurrency);
  }
  await reconcileSchedules(registry, await everyQueue(queues), log);

  function abort(jobKey: string, cause: AbortCause, message: string): void {
    running.get(jobKey)?.controller.abort(new AttemptAbortedError(cause, message));
  }

  const workers = [...registry.queues].map((name) =>
    openQueueWorker({
      name,
      connection,
      prefix,
      log,
      concurrency: concurrencyOf(name),
      limiter: options.queues[name]?.limiter,
      processor: {
        run: activity.watch(name, (lease) => processor.run(lease)),
        putOff: (lease, fault) => processor.putOff(lease, fault),
      },
      onLockLost: (jobId) => abort(`${name}/${jobId}`, 'lock-lost', 'another worker has taken this job over'),
    }),
  );

  const canaries = startCanaries({
    activity,
    log,
    clock,
    ...options.canary,
    queues: queues
      .filter(({ name }) => {
        const { limiter, globalConcurrency } = options.queues[name] ?? {};
        return limiter === undefined && globalConcurrency === undefined;
      })
      .map((queue) => ({
        queue,
        concurrency: concurrencyOf(queue.name),
      })),
  });
  const sweeper = startSweeper({
    partition,
    registry,
    now,
    log,
    meter,
    ...options.sweeper,
  });
  const relief = startRelief({
    partition,
    now,
    log,
    meter,
    ...options.relief,
  });
  const loop = watchLoop({ partition, running, log, meter, clock, lock: LOCK_MS });
  const cancellations = listenForCancellations(target, partition, running);
  const pruning = every(
    FORGET_INTERVAL_MS,
    () => Promise.all([forgetExpired(partition, now()), forgetJobs(partition, now())]),
    (error) => log.debug('retention', { error: String(error) }),
  );

  async function stop(deadline: number, why: 'asked' | 'crashed'): Promise<readonly string[]> {
    for (const guard of [canaries, sweeper, relief, loop, pruning]) guard.stop();
    const closed = Promise.all(workers.map((worker) => worker.close()));
    const patience = Math.max(0, deadline - ABORT_MS);
    if (!(await endsWithin(closed, patience)) && why === 'asked') {
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
    stuckQueues: () => canaries.stuck(),
    stop: (deadline, why = 'asked') => (stopped ??= stop(deadline, why)),
  };

  /** The registry's queues, and those that only an earlier deploy knew: their schedules have to go. */
  async function everyQueue(own: readonly Queue[]): Promise<readonly Queue[]> {
    const others = (await connection.smembers(partition.keys.queues)).filter(
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
