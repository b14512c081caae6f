import { setTimeout as wait } from 'node:timers/promises';
import {
  explain,
  announcementOf,
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
import type { Ledger } from './run/ledger.ts';
import { Passing } from './run/passing.ts';
import { listenForCancellations } from './run/cancellations.ts';
import { RunningAttempts, type RunningAttempt } from './run/running-attempts.ts';
import { openFleet, type Fleet } from './fleet/fleet.ts';
import { publishStatus, type PublishedStatus, type StatusDetail } from './fleet/heartbeat.ts';
import { watchEventLoop } from './maintenance/event-loop-lag.ts';
import { createProcessor } from './run/processor.ts';
import { watchQueueErrors, type QueueErrorOptions } from './bullmq/queue-errors.ts';
import { LOCK_MS, keepEventsShort, openQueueWorker, type QueueWorker } from './bullmq/worker.ts';
import { startEvictor, type EvictorSettings } from './events/evict.ts';
import { forgetExpired, trimChanges } from './events/prune.ts';
import { forgetJobs } from './jobs/prune.ts';
import { removeRetiredIndexes } from './maintenance/retired-indexes.ts';
import { setSchedules } from './maintenance/schedules.ts';
import { readyOrRefused, refusalOf } from './client/refusal.ts';
import { shownAddress } from './client/shown-address.ts';
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
  /** Milliseconds after which work that no live worker knows how to run becomes a dead letter. Default 1 h. */
  readonly unclaimedAfter?: number;
  /** What operators see of this process. */
  readonly status?: {
    readonly version: string;
    readonly detail: () => StatusDetail | Promise<StatusDetail>;
  };
  readonly now?: () => number;
  readonly random?: () => number;
  readonly meter?: Meter;
  readonly rescuer?: RescuerSettings;
  readonly canary?: CanarySettings;
  readonly queueErrors?: Pick<QueueErrorOptions, 'patience'>;
  readonly evictor?: EvictorSettings;
}

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

const FORGET_INTERVAL_MS = 60_000;
const UNCLAIMED_AFTER_MS = 3_600_000;
const JOIN_RETRY_MS = 20;
const WITHDRAW_MS = 1_000;
/** What is left of the stop deadline for handlers that were just aborted. */
const ABORT_MS = 2_500;

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
  await setSchedules(registry, await everyQueue(partition, registry, queues), log);
  // Before the first job: what is dispatched from now on is planned over what runs here, too.
  const status = await join(options);
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
      take: ledger.take,
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
    startEvictor({ partition, now, log, meter, ...options.evictor }),
    watchEventLoop({ running, reclaim, log, meter, clock, lock: LOCK_MS }),
    every(
      FORGET_INTERVAL_MS,
      () => Promise.all([forgetExpired(partition), trimChanges(partition), forgetJobs(partition)]),
      (error) => log.debug('retention', { error: explain(error) }),
    ),
  ];
  const stop = (deadline: number, why: StopCause) => {
    for (const loop of loops) void loop.stop();
    return stopWorking({ workers, status, running, log, deadline, why }).finally(() => {
      cancellations.close();
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

type StopCause = 'asked' | 'crashed';

async function stopWorking(parts: {
  readonly workers: readonly QueueWorker[];
  readonly status: PublishedStatus;
  readonly running: RunningAttempts;
  readonly log: Logger;
  readonly deadline: number;
  readonly why: StopCause;
}): Promise<readonly string[]> {
  const { workers, status, running, log, deadline, why } = parts;
  const closed = Promise.all(workers.map((worker) => worker.close()));
  await within(WITHDRAW_MS, status.withdraw());
  const patience = Math.max(0, deadline - ABORT_MS);
  const isOver = endsWithin(closed, patience);
  const telling = tellWaiting(running, log, deadline);
  if (!(await isOver) && why === 'asked') {
    log.warn('the stop deadline is near: aborting what still runs and putting it back', {
      jobs: running.all.length,
    });
    running.abortAll('shutdown', 'this process is stopping');
    await endsWithin(closed, deadline - patience);
  }
  clearInterval(telling);
  const left = running.all.map(({ hold: { lease } }) => `${lease.queue}/${lease.jobId}`);
  // One that crashed, or leaves work behind, goes silent: whoever takes that over counts a death.
  if (why === 'asked' && left.length === 0) await status.stop();
  else status.abandon();
  return left;
}

const TELL_MS = 5_000;

/** Says how many jobs a stop waits for, and until when: at once, then every few seconds. */
function tellWaiting(running: RunningAttempts, log: Logger, deadline: number): NodeJS.Timeout {
  const until = new Date(Date.now() + deadline).toISOString();
  const tell = () => {
    if (running.all.length === 0) return;
    const names = running.all.map(({ hold: { lease } }) => `${lease.queue}/${lease.jobId}`);
    log.info('waiting for jobs that run; a second signal ends this process at once', {
      jobs: running.all.length,
      first: names[0],
      until,
    });
  };
  tell();
  return setInterval(tell, TELL_MS).unref();
}

/** Says every few seconds that this worker cannot start without Redis: it would wait in silence for ever. */
function tellStarting({ target, log }: WorkerOptions): NodeJS.Timeout {
  const began = Date.now();
  return setInterval(
    () =>
      log.warn('waiting for Redis; a worker cannot start without it', {
        redis: shownAddress(target),
        forMs: Date.now() - began,
      }),
    TELL_MS,
  );
}

/** Makes this process and what it runs known to the others; tries until Redis answers. */
async function join({ target, prefix, registry, status, now = Date.now }: WorkerOptions) {
  const published = publishStatus({
    target,
    prefix,
    role: 'worker',
    version: status?.version ?? 'unknown',
    detail: async () => ({ queues: [...registry.queues].join(' '), ...(await status?.detail()) }),
    announcement: announcementOf(registry, now()),
  });
  for (;;) {
    try {
      await published.publish();
      return published;
    } catch (error) {
      const refusal = refusalOf(error, target);
      if (refusal !== undefined) throw refusal;
      await wait(JOIN_RETRY_MS);
    }
  }
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
  try {
    await readyOrRefused(connection, target);
    const problem = await serverProblem(connection);
    if (problem === undefined) return connection;
    throw new UnfitServerError(problem);
  } catch (error) {
    connection.disconnect();
    throw refusalOf(error, target) ?? error;
  }
}

function openLedger(options: WorkerOptions, partition: Partition, process: string): Ledger {
  const { parsePayload, retention, jobRetention, now = Date.now } = options;
  return createLedger({ partition, process, parsePayload, now, retention, jobRetention });
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

/** Makes the registry's queues known, with what is set for them over all workers. */
async function prepareQueues(
  { registry, queues: settings }: WorkerOptions,
  partition: Partition,
): Promise<Queue[]> {
  const { connection, prefix, keys } = partition;
  const queues = [...registry.queues].map((name) => openQuietQueue(name, connection, prefix));
  await connection.sadd(keys.queues, ...registry.queues, DEAD_LETTER_QUEUE);
  for (const name of [...registry.queues, DEAD_LETTER_QUEUE]) await keepEventsShort(partition, name);
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

/** One for each attempt: four functions of its own would be four to throw away. */
class FieldLogger implements Logger {
  readonly #log: Logger;
  readonly #fields: Record<string, unknown>;

  constructor(log: Logger, fields: Record<string, unknown>) {
    this.#log = log;
    this.#fields = fields;
  }

  debug(message: string, more?: Record<string, unknown>): void {
    this.#log.debug(message, { ...this.#fields, ...more });
  }

  info(message: string, more?: Record<string, unknown>): void {
    this.#log.info(message, { ...this.#fields, ...more });
  }

  warn(message: string, more?: Record<string, unknown>): void {
    this.#log.warn(message, { ...this.#fields, ...more });
  }

  error(message: string, more?: Record<string, unknown>): void {
    this.#log.error(message, { ...this.#fields, ...more });
  }
}
