import { every } from '../client/every.ts';
import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_QUEUE, type Logger, type Meter } from '@hookline/core';
import { createUnlistedCount } from './unlisted-jobs.ts';
import {
  createLostWorkFinder,
  requeue,
  withoutListed,
  type LostWork,
  type LostWorkParts,
} from './lost-work.ts';
import { METRICS } from '../client/metric-rows.ts';

/** How the rescuer goes about it. Times in milliseconds. */
export interface RescuerSettings {
  /** Between two sweeps. */
  readonly interval?: number;
  /** What has gone on more recently than this is left alone. */
  readonly age?: number;
  /** How late a delayed job may be before it is called overdue. */
  readonly overdue?: number;
}

export interface RescuerOptions extends LostWorkParts, RescuerSettings {
  readonly log: Logger;
  readonly meter: Meter;
}

/** What was repaired: `event`, `delivery` and `job` were queued anew, `overdue` put forward, `marker` woke a queue. */
export type RepairKind = LostWork['kind'] | 'overdue' | 'marker';

export interface Repair {
  readonly kind: RepairKind;
  /** The work's or the job's id; the queue's name for a marker. */
  readonly id: string;
}

export interface Rescuer {
  /** Sweeps now, unless another process holds the lease. @returns what was repaired */
  sweep(): Promise<readonly Repair[]>;
  /** Ends it and gives the lease back; does not wait for a Redis that is away. */
  stop(): void;
}

const INTERVAL_MS = 10_000;
const AGE_MS = 20_000;
const OVERDUE_MS = 30_000;
/** A holder that died is replaced after this many intervals. */
const LEASE_INTERVALS = 3;
/** Pages of 500 that one sweep reads of each list. */
const PAGES = 5;
const NAMED_IN_LOG = 10;

/** What was seen in a queue the last time. */
interface Seen {
  readonly next: string;
  readonly overdue: readonly string[];
}

/**
 * Looks for work that is kept but that no job will ever run, and for queues that sleep over their jobs; repairs and
 * counts both. Every worker process has one, and one of them works at a time.
 */
export function startRescuer(options: RescuerOptions): Rescuer {
  const { partition, log, meter } = options;
  const { interval = INTERVAL_MS, age = AGE_MS, overdue = OVERDUE_MS } = options;
  const owner = randomUUID();
  const finders = [
    createLostWorkFinder(options, 'event', partition.keys.eventsOfStatus('received'), age),
    createLostWorkFinder(options, 'event', partition.keys.eventsOfStatus('queued'), age),
    createLostWorkFinder(options, 'delivery', partition.keys.eventsOfStatus('dispatched'), age),
    createLostWorkFinder(options, 'job', partition.keys.jobsOfStatus('pending'), age),
    createLostWorkFinder(options, 'job', partition.keys.jobsOfStatus('processing'), age),
  ];
  const countUnlisted = createUnlistedCount(partition, age);
  const seen = new Map<string, Seen>();
  const repaired = meter.counter(METRICS.repairs);
  let unlisted = 0;
  meter.gauge(METRICS.unlistedJobs, () => unlisted);

  async function findAndRequeue(find: (typeof finders)[number]): Promise<Repair[]> {
    const repairs: Repair[] = [];
    for (let page = 0; page < PAGES; page += 1) {
      const { lost, isAtEnd } = await find();
      for (const work of await withoutListed(partition, lost))
        if (await requeue(options, work)) repairs.push({ kind: work.kind, id: nameOf(work) });
      if (isAtEnd) break;
    }
    return repairs;
  }

  async function wake(queue: string): Promise<Repair[]> {
    const { next, overdue: overdueThen } = seen.get(queue) ?? { next: '', overdue: [] };
    const reply = await partition.run('wake-queue', {
      keys: { repairs: partition.keys.repairs },
      args: { queue, grace: overdue, nextThen: next },
      lists: { overdueThen },
    });
    const [nextNow, markers, overdueNow, promoted] = reply as [Buffer, number, Buffer[], Buffer[]];
    seen.set(queue, { next: nextNow.toString(), overdue: overdueNow.map(String) });
    return [
      ...Array.from({ length: markers }, (): Repair => ({ kind: 'marker', id: queue })),
      ...promoted.map((id): Repair => ({ kind: 'overdue', id: id.toString() })),
    ];
  }

  async function sweep(): Promise<readonly Repair[]> {
    const lease = await partition.run('take-lease', {
      keys: { lease: partition.keys.rescuerLease },
      args: { owner, duration: interval * LEASE_INTERVALS },
    });
    if (lease === 'taken') return [];
    const repairs: Repair[] = [];
    for (const find of finders) repairs.push(...(await findAndRequeue(find)));
    for (const queue of await partition.connection.smembers(partition.keys.queues))
      if (queue !== DEAD_LETTER_QUEUE) repairs.push(...(await wake(queue)));
    unlisted = (await countUnlisted()) ?? unlisted;
    await partition.connection.hset(partition.keys.repairs, { ranAt: options.now(), orphans: unlisted });
    report(repairs);
    return repairs;
  }

  function report(repairs: readonly Repair[]): void {
    if (repairs.length === 0) return;
    for (const { kind } of repairs) repaired({ kind });
    log.warn('repaired work that nobody would have done', {
      repairs: repairs.length,
      kinds: [...new Set(repairs.map(({ kind }) => kind))].join(', '),
      ids: repairs.slice(0, NAMED_IN_LOG).map(({ id }) => id),
    });
  }

  const loop = every(interval, sweep, (error) => log.debug('sweeper', { error: String(error) }));

  return {
    sweep,
    stop() {
      void loop.stop();
      if (partition.connection.status !== 'ready') return;
      partition
        .run('give-lease', { keys: { lease: partition.keys.rescuerLease }, args: { owner } })
        .catch(() => undefined);
    },
  };
}

function nameOf({ kind, id, handler }: LostWork): string {
  return kind === 'delivery' ? `${id}~${handler}` : id;
}
