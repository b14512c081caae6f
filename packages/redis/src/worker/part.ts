import { hostname } from 'node:os';
import { pid } from 'node:process';
import {
  basePrefixOf,
  explain,
  type Announcement,
  type Logger,
  type Meter,
  type PartitionAddress,
} from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import type { Processor } from '../bullmq/ending.ts';
import type { LockThread } from '../bullmq/lock-keeper.ts';
import { createActivity, type Activity } from '../bullmq/metrics.ts';
import type { Permits } from '../bullmq/permits.ts';
import { watchQueueErrors } from '../bullmq/queue-errors.ts';
import type { Slots } from '../bullmq/slots.ts';
import { openQueueWorker } from '../bullmq/worker.ts';
import { every, type Loop } from '../client/every.ts';
import { requireLayout } from '../client/kept-layout.ts';
import type { Partition } from '../client/partition.ts';
import { refusalOf } from '../client/refusal.ts';
import { startEvictor } from '../events/evict.ts';
import { forgetExpired, trimChanges } from '../events/prune.ts';
import { openFleet, type Fleet } from '../fleet/fleet.ts';
import { forgetJobs } from '../jobs/prune.ts';
import { startBrakes } from '../maintenance/brakes.ts';
import { startCanaries } from '../maintenance/canary.ts';
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
import { connectFit, join, tellStarting, type Joining } from './join.ts';
import type { WorkerOptions } from './options.ts';
import { canaryQueues, concurrencyOf, everyQueue, prepareQueues } from './queues.ts';
import { stopWorking, type StopCause } from './stop.ts';

/** What the parts of one worker process share. */
export interface Shared {
  /** What names the process. */
  readonly process: string;
  /** What it runs. */
  readonly announcement: Announcement;
  readonly thread: LockThread;
  /** How much of a queue runs here at once, over all partitions; nothing to share where there is one. */
  slotsOf(queue: string): Slots | undefined;
  /** Of a queue with a limit over all workers that lies in several partitions. */
  permitsOf(queue: string): Permits | undefined;
  /** What runs in all parts. */
  readonly running: Joining['running'];
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  readonly meter: Meter;
}

/** What a worker process does in one partition. */
export interface Part {
  readonly running: RunningAttempts;
  ping(): Promise<void>;
  /** @throws LayoutError when there are other partitions than this process knows */
  requireLayout(): Promise<void>;
  stuckQueues(): readonly string[];
  /** Takes no new work any more, and looks after nothing; what runs ends. */
  leave(): Promise<void>;
  /** Says that attempts go on whose locks may have run out, and aborts those that were taken over. */
  reclaim(attempts: readonly RunningAttempt[]): Promise<void>;
  stop(deadline: number, why: StopCause): Promise<readonly string[]>;
}

/** What people call this process. */
const WORKER = `${hostname()}:${pid}`;
const FORGET_INTERVAL_MS = 60_000;
const UNCLAIMED_AFTER_MS = 3_600_000;

/**
 * Starts working on every queue of the registry in one partition; waits for its Redis.
 * @throws UnfitServerError when this Redis may throw data away
 */
export async function openPart(
  options: WorkerOptions,
  address: PartitionAddress,
  shared: Shared,
): Promise<Part> {
  const starting = tellStarting(address, options.log);
  try {
    return await open(options, address, shared);
  } finally {
    clearInterval(starting);
  }
}

async function open(options: WorkerOptions, address: PartitionAddress, shared: Shared): Promise<Part> {
  const { registry, log, layout } = options;
  const { clock, meter } = shared;
  const connection = await connectFit(address, layout, log);
  const partition = createPartition(connection, address.prefix, layout.length);
  const base = createPartition(connection, basePrefixOf(layout));
  const fleet = openFleet(partition, shared.announcement);
  const running = new RunningAttempts(meter);
  const activity = createActivity(meter, clock);
  const queues = await prepareQueues(options, partition).catch((error: unknown) => {
    throw refusalOf(error, address.target) ?? error;
  });
  // What there is once for all partitions lies in the first.
  const own = address === layout[0] ? registry : { ...registry, schedules: new Map() };
  await setSchedules(partition, own, await everyQueue(partition, registry, queues), log);
  const everywhere = () => [...new Set([running, ...shared.running()])];
  // Before the first job: what is dispatched from now on is planned over what runs here, too.
  const status = await join(options, address, partition, { ...shared, running: everywhere });
  const ledger = openLedger(options, partition, status.id);
  const processor = openProcessor(options, partition, { fleet, running, ledger });
  const reclaim = (attempts: readonly RunningAttempt[]) =>
    running
      .reclaim(attempts, (run, lease) => ledger.reclaim(run, lease))
      .catch((error: unknown) => log.debug('locks', { error: explain(error) }));
  const isReady = () => connection.status === 'ready';
  const errors = watchQueueErrors({ log, clock, isReady, ...options.queueErrors });
  const keeper = shared.thread.keeperOf(address, connection);
  const workers = queues.map(({ name }) =>
    openQueueWorker({
      name,
      connection,
      prefix: address.prefix,
      log,
      errors,
      concurrency: concurrencyOf(options, name),
      slots: shared.slotsOf(name),
      permits: shared.permitsOf(name),
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
  const cancellations = listenForCancellations(address.target, partition, running);
  const canaries = startCanaries({
    activity,
    log,
    clock,
    ...options.canary,
    queues: canaryQueues(options, queues),
    isReady,
  });
  const loops = [canaries, ...startLoops(options, partition, fleet, meter)];
  const stopLoops = () => loops.forEach((loop) => void loop.stop());
  return {
    running,
    reclaim,
    async leave() {
      stopLoops();
      await Promise.all(workers.map((worker) => worker.close()));
      // Who moves everything waits for this: nothing is taken after it.
      await status.withdraw();
    },
    async requireLayout() {
      if (isReady()) await requireLayout(base, layout, address.target, 'look');
    },
    ping: () => partition.ping(),
    stuckQueues: () => [...new Set([...canaries.stuck(), ...errors.failing()])],
    stop(deadline, why) {
      stopLoops();
      return stopWorking({ workers, status, running, log, deadline, why }).finally(() => {
        cancellations.close();
        keeper.stop();
        connection.disconnect();
      });
    },
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

/** What looks after the partition. */
function startLoops(
  options: WorkerOptions,
  partition: Partition,
  fleet: Fleet,
  meter: Meter,
): readonly { stop(): unknown }[] {
  const { log, now = Date.now } = options;
  void removeRetiredIndexes(partition).catch((error: unknown) =>
    log.debug('retired indexes', { error: explain(error) }),
  );
  return [
    startRescuer({ partition, fleet, now, log, meter, ...rescuing(options) }),
    startBrakes({ ...options, partition }),
    startEvictor({ partition, now, log, meter, ...options.evictor }),
    startForgetting(partition, log),
  ];
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
