import { every, type Loop } from '../client/every.ts';
import { randomUUID } from 'node:crypto';
import { explain, DEAD_LETTER_QUEUE, type Logger, type Meter } from '@hookline/core';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { forgetArrivals } from '../events/arrivals.ts';
import { createDiscardedSearch } from './discarded.ts';
import { retireSchedules } from './schedules.ts';
import { lookAgain } from './unclaimed-events.ts';
import { createUnlistedCount } from './unlisted-jobs.ts';
import { UnworkedQueues } from './unworked-queues.ts';
import { ListSearch } from './list-search.ts';
import {
  createLostWorkFinder,
  requeue,
  type LostWork,
  type LostWorkFinder,
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
  /** How long a schedule stays that no live worker announces, though one knows its job. */
  readonly scheduleGrace?: number;
}

export interface RescuerOptions extends LostWorkParts, RescuerSettings {
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds after which work that no live worker knows becomes a dead letter. */
  readonly unclaimedAfter: number;
  /** Milliseconds that an event, and a job, is kept after its end. */
  readonly retention: number;
  readonly jobRetention: number;
}

/**
 * What was repaired: `event`, `delivery` and `job` were queued anew, `overdue` put forward, `marker` woke a queue, `moved`
 * lay in a queue without workers, `unclaimed` is an event that a handler wants which has appeared since.
 */
export type RepairKind = LostWork['kind'] | 'overdue' | 'marker' | 'moved' | 'unclaimed';

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
const SCHEDULE_GRACE_MS = 2 * 60_000;
/** How long the order of events is kept for a handler that has left. */
const RULE_GRACE_MS = 15 * 60_000;
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
 * Looks for work that is recorded but that no job will ever run, and for queues that sleep over their jobs; repairs and
 * counts both. Every worker process has one, and one of them works at a time.
 */
export function startRescuer(options: RescuerOptions): Rescuer {
  const rescuer = new RedisRescuer(options);
  rescuer.start();
  return rescuer;
}

class RedisRescuer implements Rescuer {
  readonly #options: RescuerOptions;
  readonly #interval: number;
  readonly #owner = randomUUID();
  readonly #finders: Readonly<Record<string, LostWorkFinder>>;
  readonly #search: ListSearch;
  readonly #countUnlisted: () => Promise<number | undefined>;
  readonly #unworked: UnworkedQueues;
  readonly #letGoOfDiscarded: () => Promise<void>;
  readonly #seen = new Map<string, Seen>();
  readonly #repaired: ReturnType<Meter['counter']>;
  readonly #failed: ReturnType<Meter['counter']>;
  #unlisted = 0;
  #without: string | undefined;
  #loop: Loop | undefined;

  constructor(options: RescuerOptions) {
    const { partition, meter, interval = INTERVAL_MS, age = AGE_MS } = options;
    const { keys } = partition;
    const find = (kind: LostWork['kind'], list: string) => createLostWorkFinder(options, kind, list, age);
    this.#options = options;
    this.#interval = interval;
    this.#finders = {
      'received events': find('event', keys.eventsOfStatus('received')),
      'queued events': find('event', keys.eventsOfStatus('queued')),
      'dispatched events': find('delivery', keys.eventsOfStatus('dispatched')),
      'pending jobs': find('job', keys.jobsOfStatus('pending')),
      'processing jobs': find('job', keys.jobsOfStatus('processing')),
    };
    this.#search = new ListSearch(partition);
    this.#unworked = new UnworkedQueues(options);
    this.#letGoOfDiscarded = createDiscardedSearch(options);
    this.#countUnlisted = createUnlistedCount(partition, age);
    this.#repaired = meter.counter(METRICS.repairs);
    this.#failed = meter.counter(METRICS.repairFailures);
    meter.gauge(METRICS.unlistedJobs, () => this.#unlisted);
  }

  start(): void {
    const sweep = () => this.sweep();
    this.#loop = every(this.#interval, sweep, (error) => this.#tellOf('lease', error));
  }

  stop(): void {
    void this.#loop?.stop();
    const { connection, keys } = this.#options.partition;
    if (connection.status !== 'ready') return;
    this.#options.partition
      .run('give-lease', { keys: { lease: keys.rescuerLease }, args: { owner: this.#owner } })
      .catch(() => undefined);
  }

  async sweep(): Promise<readonly Repair[]> {
    const { partition, now } = this.#options;
    const { connection, keys } = partition;
    const lease = await partition.run('take-lease', {
      keys: { lease: keys.rescuerLease },
      args: { owner: this.#owner, duration: this.#interval * LEASE_INTERVALS },
    });
    if (lease === 'taken') return [];
    const repairs: Repair[] = [];
    this.#search.begin();
    for (const [list, find] of this.#findersInTurn())
      repairs.push(...((await this.#attempt(list, () => this.#findAndRequeue(list, find))) ?? []));
    repairs.push(
      ...((await this.#attempt('long lists', async () => this.#requeue(await this.#search.goOn()))) ?? []),
    );
    const queues = (await connection.smembers(keys.queues)).filter((queue) => queue !== DEAD_LETTER_QUEUE);
    for (const queue of queues)
      repairs.push(...((await this.#attempt(`queue ${queue}`, () => this.#wake(queue))) ?? []));
    repairs.push(...(await this.#followFleet(queues)));
    await this.#attempt('discarded dead letters', this.#letGoOfDiscarded);
    this.#unlisted = (await this.#attempt('unlisted jobs', this.#countUnlisted)) ?? this.#unlisted;
    await connection.hset(keys.repairs, { ranAt: now(), orphans: this.#unlisted });
    this.#report(repairs);
    return repairs;
  }

  /** What has to change because workers came or went. */
  async #followFleet(queues: readonly string[]): Promise<Repair[]> {
    const { partition, fleet, now, log, unclaimedAfter, scheduleGrace = SCHEDULE_GRACE_MS } = this.#options;
    const view = await this.#attempt('fleet', () => fleet.refresh());
    if (view === undefined) return [];
    const unclaimed = await this.#attempt('unclaimed events', () => lookAgain(partition, view, now));
    await this.#attempt('arrivals', () => forgetArrivals(partition, view, RULE_GRACE_MS));
    const moved = await this.#attempt('queues without workers', () => this.#unworked.look(queues, view));
    const retired = await this.#attempt('schedules', () =>
      retireSchedules(
        partition,
        view,
        queues.map((name) => openQuietQueue(name, partition.connection, partition.prefix)),
        { ofKnownJob: scheduleGrace, ofUnknownJob: unclaimedAfter },
      ),
    );
    for (const schedule of retired ?? []) log.info('schedule removed: no worker defines it', { schedule });
    return [
      ...(unclaimed ?? []).map((id): Repair => ({ kind: 'unclaimed', id })),
      ...(moved ?? []).map((id): Repair => ({ kind: 'moved', id })),
    ];
  }

  /** What had no room in the last sweep is the first in this one. */
  #findersInTurn(): readonly [string, LostWorkFinder][] {
    const all = Object.entries(this.#finders);
    const first = Math.max(
      0,
      all.findIndex(([list]) => list === this.#without),
    );
    this.#without = undefined;
    return [...all.slice(first), ...all.slice(0, first)];
  }

  async #findAndRequeue(list: string, find: LostWorkFinder): Promise<Repair[]> {
    const repairs: Repair[] = [];
    for (let page = 0; page < PAGES; page += 1) {
      if (!this.#search.hasRoom) {
        if (page === 0) this.#without ??= list;
        break;
      }
      const found = await find();
      repairs.push(...(await this.#requeue(await this.#search.withoutListed(list, found))));
      if (found.isAtEnd) break;
    }
    return repairs;
  }

  async #requeue(lost: readonly LostWork[]): Promise<Repair[]> {
    const repairs: Repair[] = [];
    for (const work of lost)
      if (await requeue(this.#options, work)) repairs.push({ kind: work.kind, id: nameOf(work) });
    return repairs;
  }

  async #wake(queue: string): Promise<Repair[]> {
    const { partition, overdue = OVERDUE_MS } = this.#options;
    const { next, overdue: overdueThen } = this.#seen.get(queue) ?? { next: '', overdue: [] };
    const reply = await partition.run('wake-queue', {
      keys: { repairs: partition.keys.repairs },
      args: { queue, grace: overdue, nextThen: next },
      lists: { overdueThen },
    });
    const [nextNow, markers, overdueNow, promoted] = reply as [Buffer, number, Buffer[], Buffer[]];
    this.#seen.set(queue, { next: nextNow.toString(), overdue: overdueNow.map(String) });
    return [
      ...Array.from({ length: markers }, (): Repair => ({ kind: 'marker', id: queue })),
      ...promoted.map((id): Repair => ({ kind: 'overdue', id: id.toString() })),
    ];
  }

  /** What fails in one place must not keep the others from being repaired. */
  async #attempt<Found>(part: string, look: () => Promise<Found>): Promise<Found | undefined> {
    try {
      return await look();
    } catch (error) {
      this.#tellOf(part, error);
      return undefined;
    }
  }

  /** A Redis that is away is said elsewhere, and looked at again when it is back. */
  #tellOf(part: string, error: unknown): void {
    if (this.#options.partition.connection.status !== 'ready') return;
    this.#failed({ part: part.startsWith('queue ') ? 'queue' : part });
    this.#options.log.warn('work that may be lost could not be looked for', { part, error: explain(error) });
  }

  #report(repairs: readonly Repair[]): void {
    if (repairs.length === 0) return;
    for (const { kind } of repairs) this.#repaired({ kind });
    this.#options.log.warn('repaired work that nobody would have done', {
      repairs: repairs.length,
      kinds: [...new Set(repairs.map(({ kind }) => kind))].join(', '),
      ids: repairs.slice(0, NAMED_IN_LOG).map(({ id }) => id),
    });
  }
}

function nameOf({ kind, id, handler }: LostWork): string {
  return kind === 'delivery' ? `${id}~${handler}` : id;
}
