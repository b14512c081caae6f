import type { Logger } from '@hookline/core';
import { repeatStrategy } from './cron.ts';
import { backoffStrategy, runTurn, type Processor } from './ending.ts';
import { Consumer, type ConsumerParts } from './consumer.ts';
import { KEPT_JOBS } from './add-job.ts';
import { LimitedWorker } from './limited-worker.ts';
import type { LockKeeper } from './lock-keeper.ts';
import type { Permits } from './permits.ts';
import type { Slots } from './slots.ts';
import type { QueueErrors } from './queue-errors.ts';
import type { Connection } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';

/**
 * BullMQ's defaults let 64 s pass between a worker's death and the next try. With these the lock of a dead worker is
 * over after at most 3 s and found within 0.8 s more. A lock so short is only kept because a thread of its own renews it
 * every 0.6 s, see lock-keeper.ts: the process may stand still in its own code for 4 s, and loses nothing for 2 s more.
 */
export const LOCK_MS = 3_000;
const LOCK_RENEWAL_MS = 1_000;
const STALLED_INTERVAL_MS = 800;
/** The locks of one thread that does everything: it may stand still for 5.5 s, and is taken over from within 9 s. */
const LONE_LOCK_MS = 7_500;
const LONE_LOCK_RENEWAL_MS = 2_000;
const LONE_STALLED_INTERVAL_MS = 1_500;
/**
 * BullMQ's own limit of stalls would fail a job without a dead letter, so it is out of the way: the deaths are counted
 * where attempts are opened. The largest that every backend of BullMQ can store.
 */
const NO_STALL_LIMIT = 2_147_483_647;
/** BullMQ waits 15 s before it talks to Redis again after an outage. */
const RUN_RETRY_MS = 500;

/** The settings of a worker that renews its locks itself: a death of its process costs seconds and no attempt. */
export const WORKER_SETTINGS = {
  lockDuration: LONE_LOCK_MS,
  lockRenewTime: LONE_LOCK_RENEWAL_MS,
  stalledInterval: LONE_STALLED_INTERVAL_MS,
  maxStalledCount: NO_STALL_LIMIT,
  runRetryDelay: RUN_RETRY_MS,
  settings: { backoffStrategy, repeatStrategy },
  ...KEPT_JOBS,
} as const;

/** Those of one whose locks another thread renews. */
export const KEPT_WORKER_SETTINGS = {
  ...WORKER_SETTINGS,
  lockDuration: LOCK_MS,
  lockRenewTime: LOCK_RENEWAL_MS,
  stalledInterval: STALLED_INTERVAL_MS,
} as const;

/**
 * Entries that a queue's own stream of events keeps. Each end holds what the job returned, and nobody of ours reads it:
 * BullMQ's 10,000 were 147 MB after 3,000 jobs that returned 50 kB.
 */
const KEPT_EVENTS = 100;

/** Keeps a queue's stream of events short: one that an earlier version left is cut, and BullMQ cuts it from then on. */
export async function keepEventsShort(
  { connection, keys }: Pick<Partition, 'connection' | 'keys'>,
  queue: string,
): Promise<void> {
  await connection.hset(keys.bullJob(queue, 'meta'), 'opts.maxLenEvents', KEPT_EVENTS);
  await connection.xtrim(keys.bullJob(queue, 'events'), 'MAXLEN', '~', KEPT_EVENTS);
}

export interface QueueWorkerOptions {
  readonly name: string;
  readonly connection: Connection;
  readonly prefix: string;
  readonly log: Logger;
  readonly errors: QueueErrors;
  readonly concurrency: number;
  /** Of this process's, shared with the same queue in other partitions; its own unless given. */
  readonly slots?: Slots | undefined;
  /** Of a queue whose limits hold over several partitions. */
  readonly permits?: Permits | undefined;
  readonly limiter: { readonly max: number; readonly duration: number } | undefined;
  readonly processor: Processor;
  readonly take: ConsumerParts['take'];
  readonly keeper: LockKeeper;
  /** Told of each job whose lock could not be renewed. */
  readonly onLockLost: (jobId: string) => void;
}

/** Works on one queue. */
export interface QueueWorker {
  /** Takes no more jobs. @returns when those that run have ended */
  close(): Promise<void>;
}

/** A queue with a rate over all workers is BullMQ's own to work on, where it lies in one partition; any other is ours. */
export function openQueueWorker(options: QueueWorkerOptions): QueueWorker {
  const { name, connection, prefix, log, errors, concurrency, limiter, processor, keeper, onLockLost } =
    options;
  const { take, slots, permits } = options;
  const settings = { connection, prefix, concurrency, ...KEPT_WORKER_SETTINGS };
  const onError = (error: Error) => errors.note(name, error);
  const onStalled = (jobId: string) =>
    log.warn('taken over from a worker that died or stopped answering', { queue: name, job: jobId });
  if (limiter === undefined || permits !== undefined)
    return new Consumer({
      name,
      settings,
      processor,
      take,
      keeper,
      slots,
      permits,
      onError,
      onStalled,
      onLockLost,
    });
  const worker = new LimitedWorker(
    name,
    (job, token = '') => runTurn(job, token, processor),
    { ...settings, limiter },
    keeper,
    onLockLost,
  );
  worker.on('error', onError);
  worker.on('stalled', onStalled);
  worker.on('lockRenewalFailed', (jobIds: string[]) => jobIds.forEach(onLockLost));
  return worker;
}
