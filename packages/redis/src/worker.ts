import {
  DEAD_LETTER_QUEUE,
  LATE,
  NO_METER,
  within,
  type Logger,
  type Meter,
  type RedisTarget,
  type Registry,
} from '@hookline/core';
import type { Queue } from 'bullmq';
import { createActivity } from './bullmq/metrics.ts';
import { startCanaries, type CanarySettings } from './maintenance/canary.ts';
import type { Processor } from './bullmq/ending.ts';
import { connect, type Connection } from './client/connection.ts';
import type { Partition } from './client/partition.ts';
import { every } from './client/every.ts';
import { createPartition, openQuietQueue } from './bullmq/add-job.ts';
import { reportConnection } from './events/store.ts';
import type { ParsePayload } from './events/record.ts';
import { createLedger } from './run/redis-ledger.ts';
import { listenForCancellations } from './run/cancellations.ts';
import { RunningAttempts } from './run/running-attempts.ts';
import { announceJobs } from './jobs/definitions.ts';
import { watchEventLoop } from './maintenance/event-loop-lag.ts';
import { createProcessor } from './run/processor.ts';
import { LOCK_MS, openQueueWorker } from './bullmq/worker.ts';
import { startEvictor, type EvictorSettings } from './events/evict.ts';
import { forgetExpired } from './events/prune.ts';
import { forgetJobs } from './jobs/prune.ts';
import { reconcileSchedules } from './maintenance/schedules.ts';
import { serverProblem, UnfitServerError } from './client/server-facts.ts';
import { startRescuer, type RescuerSettings } from './maintenance/rescuer.ts';

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
  readonly rescuer?: RescuerSettings;
  readonly canary?: CanarySettings;
  readonly evictor?: EvictorSettings;
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
  const { target, prefix, registry, log, now = Date.now, meter = NO_METER } = options;
  const connection = await connectFit(target, log);
  const partition = createPartition(connection, prefix);
  const running = new RunningAttempts(meter);
  const activity = createActivity(meter, clock);
  const processor = openProcessor(options, partition, running);
  const queues = await prepareQueues(options, partition);
  await reconcileSchedules(registry, await everyQueue(partition, registry, queues), log);
  const workers = queues.map(({ name }) =>
    openQueueWorker({
      name,
      connection,
      prefix,
      log,
      concurrency: concurrencyOf(options, name),
      limiter: options.queues[name]?.limiter,
      processor: {
        run: activity.watch(name, (lease) => processor.run(lease)),
        putOff: (lease, fault) => processor.putOff(lease, fault),
      },
      onLockLost: (jobId) =>
        running.abort(name, jobId, 'lock-lost', 'another worker has taken this job over'),
    }),
  );

  const canaries = startCanaries({
    activity,
    log,
    clock,
    ...options.canary,
    queues: canaryQueues(options, queues),
  });
  const loops = [
    canaries,
    startRescuer({ partition, registry, now, log, meter, ...options.rescuer }),
    startEvictor({ partition, now, log, meter, ...options.evictor }),
    watchEventLoop({ partition, running: running.all, log, meter, clock, lock: LOCK_MS }),
    every(
      FORGET_INTERVAL_MS,
      () => Promise.all([forgetExpired(partition, now()), forgetJobs(partition, now())]),
      (error) => log.debug('retention', { error: String(error) }),
    ),
  ];
  const cancellations = listenForCancellations(target, partition, running.all);

  async function stop(deadline: number, why: 'asked' | 'crashed'): Promise<readonly string[]> {
    for (const loop of loops) void loop.stop();
    const closed = Promise.all(workers.map((worker) => worker.close()));
    const patience = Math.max(0, deadline - ABORT_MS);
    if (!(await endsWithin(closed, patience)) && why === 'asked') {
      log.warn('the stop deadline is near: aborting what still runs and putting it back', {
        jobs: running.all.size,
      });
      running.abortAll('shutdown', 'this process is stopping');
      await endsWithin(closed, deadline - patience);
    }
    const left = [...running.all.keys()];
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
}

/** Milliseconds that only go forward. */
function clock(): number {
  return performance.now();
}

function concurrencyOf(options: WorkerOptions, queue: string): number {
  return options.queues[queue]?.concurrency ?? options.concurrency;
}

async function connectFit(target: RedisTarget, log: Logger): Promise<Connection> {
  const connection = connect(target, 'worker');
  reportConnection(connection, log);
  const problem = await serverProblem(connection);
  if (problem === undefined) return connection;
  connection.disconnect();
  throw new UnfitServerError(problem);
}

function openProcessor(options: WorkerOptions, partition: Partition, running: RunningAttempts): Processor {
  const { registry, parsePayload, log, retention, jobRetention, defaultTimeout } = options;
  const { now = Date.now, random = Math.random } = options;
  return createProcessor({
    registry,
    ledger: createLedger({ partition, parsePayload, now, retention, jobRetention }),
    context: { partition, registry, now, retention },
    log: (fields) => withFields(log, fields),
    now,
    random,
    defaultTimeout,
    track: (attempt) => running.track(attempt),
  });
}

/** Makes the registry's queues known, with what is set for them over all workers. */
async function prepareQueues(
  { registry, queues: settings }: WorkerOptions,
  partition: Partition,
): Promise<Queue[]> {
  const { connection, prefix, keys } = partition;
  const queues = [...registry.queues].map((name) => openQuietQueue(name, connection, prefix));
  await connection.sadd(keys.queues, ...registry.queues, DEAD_LETTER_QUEUE);
  await announceJobs(partition, registry);
  for (const queue of queues) {
    const { globalConcurrency } = settings[queue.name] ?? {};
    if (globalConcurrency === undefined) await queue.removeGlobalConcurrency();
    else await queue.setGlobalConcurrency(globalConcurrency);
  }
  return queues;
}

/** The registry's queues, and those that only an earlier deploy knew: their schedules have to go. */
async function everyQueue(
  { connection, prefix, keys }: Partition,
  registry: Registry,
  own: readonly Queue[],
): Promise<readonly Queue[]> {
  const others = (await connection.smembers(keys.queues)).filter(
    (name) => !registry.queues.has(name) && name !== DEAD_LETTER_QUEUE,
  );
  return [...own, ...others.map((name) => openQuietQueue(name, connection, prefix))];
}

/** A queue with a limit over all workers may rightly give this one nothing. */
function canaryQueues(options: WorkerOptions, queues: readonly Queue[]) {
  return queues
    .filter(({ name }) => {
      const { limiter, globalConcurrency } = options.queues[name] ?? {};
      return limiter === undefined && globalConcurrency === undefined;
    })
    .map((queue) => ({ queue, concurrency: concurrencyOf(options, queue.name) }));
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return (
    (await within(
      ms,
      promise.catch(() => undefined),
    )) !== LATE
  );
}

function withFields(log: Logger, fields: Record<string, unknown>): Logger {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}
