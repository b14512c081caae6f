import { hostname } from 'node:os';
import { pid } from 'node:process';
import { explain, NO_METER, type Logger } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import type { Processor } from '../bullmq/ending.ts';
import { createActivity, type Activity } from '../bullmq/metrics.ts';
import { watchQueueErrors } from '../bullmq/queue-errors.ts';
import { LOST_AFTER_MS, startLockKeeper } from '../bullmq/lock-keeper.ts';
import { LOCK_MS, openQueueWorker } from '../bullmq/worker.ts';
import { every, type Loop } from '../client/every.ts';
import type { Partition } from '../client/partition.ts';
import { refusalOf } from '../client/refusal.ts';
import { startEvictor } from '../events/evict.ts';
import { forgetExpired, trimChanges } from '../events/prune.ts';
import { openFleet, type Fleet } from '../fleet/fleet.ts';
import { forgetJobs } from '../jobs/prune.ts';
import { startBrakes } from '../maintenance/brakes.ts';
import { startCanaries } from '../maintenance/canary.ts';
import { watchEventLoop } from '../maintenance/event-loop-lag.ts';
import { startRescuer } from '../maintenance/rescuer.ts';
import { removeRetiredIndexes } from '../maintenance/retired-indexes.ts';
import { setSchedules } from '../maintenance/schedules.ts';
import { BrakeWatch } from '../run/brake/watch.ts';
import { listenForCancellations } from '../run/cancellations.ts';
import type { Ledger } from '../run/ledger.ts';
import { Passing } from '../run/passing.ts';
import { createProcessor } from '../run/processor.ts';
import { createLedger } from '../run/redis-ledger.ts';
import { RunningAttempts, type RunningAttempt } from '../run/running-attempts.ts';
import { FieldLogger } from './field-logger.ts';
import { connectFit, join, tellStarting } from './join.ts';
import type { WorkerOptions } from './options.ts';
import { canaryQueues, concurrencyOf, everyQueue, prepareQueues } from './queues.ts';
import { stopWorking, type StopCause } from './stop.ts';

export interface RunningWorker {
  /** Resolves when Redis answers. */
  ping(): Promise<void>;
  /** The queues that give this process no jobs though they should, or keep failing: somebody has to look, or start it anew. */
  stuckQueues(): readonly string[];
  /**
   * Takes no new work, waits for what runs, then aborts it and puts it back.
   * @param deadline milliseconds for all of it
   * @param why after `crashed` nothing is put back: one of those that still run may have crashed us, and has to
   *   be counted as a death, or it would crash one worker after the other for ever
   * @returns the jobs that did not end: another worker takes them when their locks run out
   */
  stop(deadline: number, why?: StopCause): Promise<readonly string[]>;
}

/** What people call this process. */
const WORKER = `${hostname()}:${pid}`;
const FORGET_INTERVAL_MS = 60_000;
const UNCLAIMED_AFTER_MS = 3_600_000;

/**
 * Starts working on every queue of the registry, and makes the schedules match it.
 * @throws UnfitServerError when this Redis may throw data away
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const starting = tellStarting(options);
  try {
    return await openWorker(options);
  } finally {
    clearInterval(starting);
  }
}

async function openWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { target, prefix, registry, log, now = Date.now, meter = NO_METER } = options;
  const connection = await connectFit(target, log);
  const partition = createPartition(connection, prefix);
  const fleet = openFleet(partition);
  const running = new RunningAttempts(meter);
  const activity = createActivity(meter, clock);
  const queues = await prepareQueues(options, partition).catch((error: unknown) => {
    throw refusalOf(error, target) ?? error;
  });
  await setSchedules(partition, registry, await everyQueue(partition, registry, queues), log);
  // Before the first job: what is dispatched from now on is planned over what runs here, too.
  const status = await join(options, running, partition);
  const ledger = openLedger(options, partition, status.id);
  const processor = openProcessor(options, partition, { fleet, running, ledger });
  const reclaim = (attempts: readonly RunningAttempt[]) =>
    running
      .reclaim(attempts, (run, lease) => ledger.reclaim(run, lease))
      .catch((error: unknown) => log.debug('locks', { error: explain(error) }));
  const errors = watchQueueErrors({
    log,
    clock,
    isReady: () => connection.status === 'ready',
    ...options.queueErrors,
  });
  const keeper = startLockKeeper({ target, prefix, process: status.id, connection, lock: LOCK_MS });
  const workers = queues.map(({ name }) =>
    openQueueWorker({
      name,
      connection,
      prefix,
      log,
      errors,
      concurrency: concurrencyOf(options, name),
      limiter: options.queues[name]?.limiter,
      processor: {
        run: activity.watch(name, (lease) => processor.run(lease)),
        putOff: (lease, fault) => processor.putOff(lease, fault),
      },
      take: notingEach(ledger.take, activity),
      keeper,
      onLockLost: (jobId) => void reclaim(running.at(name, jobId)),
    }),
  );
  const cancellations = listenForCancellations(target, partition, running);
  const canaries = startCanaries({
    activity,
    log,
    clock,
    ...options.canary,
    queues: canaryQueues(options, queues),
    isReady: () => connection.status === 'ready',
  });
  void removeRetiredIndexes(partition).catch((error: unknown) =>
    log.debug('retired indexes', { error: explain(error) }),
  );
  const loops = [
    canaries,
    startRescuer({ partition, fleet, now, log, meter, ...rescuing(options) }),
    startBrakes({ ...options, partition }),
    startEvictor({ partition, now, log, meter, ...options.evictor }),
    watchEventLoop({ running, reclaim, log, meter, clock, lock: LOST_AFTER_MS }),
    startForgetting(partition, log),
  ];
  const stop = (deadline: number, why: StopCause) => {
    for (const loop of loops) void loop.stop();
    return stopWorking({ workers, status, running, log, deadline, why }).finally(async () => {
      cancellations.close();
      await keeper.stop();
      connection.disconnect();
    });
  };
  let stopped: Promise<readonly string[]> | undefined;
  return {
    async ping() {
      await connection.ping();
    },
    stuckQueues: () => [...new Set([...canaries.stuck(), ...errors.failing()])],
    stop: (deadline, why = 'asked') => (stopped ??= stop(deadline, why)),
  };
}

/** A process that asks and is answered is not stuck, whatever it is given. */
function notingEach(take: Ledger['take'], activity: Activity): Ledger['take'] {
  return async (queue, tokens) => {
    const took = await take(queue, tokens);
    activity.asked(queue);
    return took;
  };
}

function openLedger(options: WorkerOptions, partition: Partition, process: string): Ledger {
  const { parsePayload, retention, jobRetention, now = Date.now } = options;
  return createLedger({ partition, process, worker: WORKER, parsePayload, now, retention, jobRetention });
}

function openProcessor(
  options: WorkerOptions,
  partition: Partition,
  parts: { readonly fleet: Fleet; readonly running: RunningAttempts; readonly ledger: Ledger },
): Processor {
  const { registry, log, retention, defaultTimeout, unclaimedAfter = UNCLAIMED_AFTER_MS } = options;
  const { now = Date.now, random = Math.random } = options;
  return createProcessor({
    ...parts,
    registry,
    passing: new Passing({ partition, fleet: parts.fleet, unclaimedAfter, log, now, random }),
    brakes: new BrakeWatch({ partition, now, random, log, by: WORKER }),
    context: { partition, registry, now, retention },
    log: (fields) => new FieldLogger(log, fields),
    now,
    random,
    defaultTimeout,
  });
}

function rescuing({ rescuer, retention, jobRetention, unclaimedAfter = UNCLAIMED_AFTER_MS }: WorkerOptions) {
  return { unclaimedAfter, retention, jobRetention, ...rescuer };
}

function startForgetting(partition: Partition, log: Logger): Loop {
  return every(
    FORGET_INTERVAL_MS,
    () => Promise.all([forgetExpired(partition), trimChanges(partition), forgetJobs(partition)]),
    (error) => log.debug('retention', { error: explain(error) }),
  );
}

/** Milliseconds that only go forward. */
function clock(): number {
  return performance.now();
}
