import { setTimeout as wait } from 'node:timers/promises';
import { LATE, within } from '@hookline/core';
import { UnrecoverableError, type Job, type WorkerOptions } from 'bullmq';
import type { Connection } from '../client/connection.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import { conclude, endingOf, isSeenTo, type Ending, type Processor } from './ending.ts';
import { leaseOf, TakenLease, type Lease, type TakenJobs } from './lease.ts';
import type { LockKeeper } from './lock-keeper.ts';
import { Locks } from './locks.ts';
import { ManualWorker } from './manual-worker.ts';
import type { Permit, Permits } from './permits.ts';
import { Slots, type OwnSlots } from './slots.ts';
import { beginsByBullMQ, endsByBullMQ, type TakenJob } from './taken-job.ts';

/** What taking jobs came to. */
export interface Take {
  /**
   * `empty`: there are no more; `full`: as many are worked on, over all workers, as may be; `other`: BullMQ itself has to
   * take the next one.
   */
  readonly kind: 'more' | 'empty' | 'full' | 'other';
  /** When the next job is due, in milliseconds since the epoch; 0 where nobody knows. */
  readonly until: number;
  readonly jobs: readonly { readonly token: string; readonly job: TakenJob }[];
}

/** Takes a queue's next jobs, at most one for each token. */
export type TakeJobs = (queue: string, tokens: readonly string[]) => Promise<Take>;

export type ConsumerSettings = Omit<WorkerOptions, 'connection'> & {
  readonly connection: Connection;
} & Required<Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'lockRenewTime' | 'runRetryDelay'>>;

export interface ConsumerParts {
  readonly name: string;
  readonly settings: ConsumerSettings;
  readonly processor: Processor;
  readonly take: TakeJobs;
  readonly keeper: LockKeeper;
  /** Shared with the consumers of the same queue in other partitions; its own ones, unless given. */
  readonly slots?: Slots | undefined;
  /** Of a queue with limits that hold over several partitions. */
  readonly permits?: Permits | undefined;
  readonly onError: (error: Error) => void;
  /** Told of each job that was taken back from a process which died or stopped answering. */
  readonly onStalled: (jobId: string) => void;
  /** Told of each job whose lock could not be renewed. */
  readonly onLockLost: (jobId: string) => void;
}

/** How many jobs are asked for where few came last time. */
const FEWEST_ASKED = 4;
/** Redis does nothing else while it runs a script: 32 jobs are 1 to 2 ms. */
const MOST_ASKED = 32;
/** Seconds between two looks at a queue that says nothing, as in BullMQ. */
const IDLE_S = 5;
const LONGEST_WAIT_S = 10;
/** Redis before 7.0.8 cannot wait for less. */
const SHORTEST_WAIT_S = 0.002;
/** Milliseconds after which a Redis that does not answer is away: others may have the slots. */
const AWAY_MS = 2_000;

/**
 * Works on one queue, as BullMQ's worker does it and beside others: what BullMQ takes one after the other, this takes in
 * one call, a job for each turn that is free; and a turn whose job was ended by the script that settled its work goes on
 * with the one that this script took. Everything else that becomes of a job is BullMQ's own doing.
 */
export class Consumer {
  readonly #parts: ConsumerParts;
  readonly #worker: ManualWorker;
  readonly #locks: Locks;
  readonly #jobs: TakenJobs;
  /** The tokens of the turns that have nothing to do. */
  readonly #free: string[];
  readonly #slots: OwnSlots;
  /** By token. */
  readonly #permits = new Map<string, Permit>();
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #whenFree: (() => void) | undefined;
  /** How often the connection has ended. */
  #cuts = 0;
  readonly #countCut = () => {
    this.#cuts += 1;
    if (this.#parts.slots === undefined) return;
    this.#awaySoon ??= setTimeout(() => this.#slots.setAway(true), AWAY_MS).unref();
  };
  readonly #isBack = () => {
    clearTimeout(this.#awaySoon);
    this.#awaySoon = undefined;
    this.#slots.setAway(false);
  };
  #awaySoon: NodeJS.Timeout | undefined;
  #isClosing = false;
  #closed: Promise<void> | undefined;

  constructor(parts: ConsumerParts) {
    const { name, settings, keeper, onError, onStalled, onLockLost } = parts;
    this.#parts = parts;
    this.#worker = new ManualWorker(name, settings, () => keeper.isSettled());
    this.#worker.on('error', onError);
    this.#worker.on('stalled', onStalled);
    this.#jobs = {
      queue: name,
      // Who goes on with another job asks nobody for leave.
      isTaking: () => !this.#isClosing && parts.permits === undefined && !this.#slots.mustYield(),
      report: (jobId, progress) => this.#worker.redis.updateProgress(jobId, progress),
    };
    this.#slots = (parts.slots ?? new Slots(settings.concurrency)).open();
    this.#free = Array.from({ length: settings.concurrency }, (_, nth) => `${this.#worker.id}:${nth}`);
    const { lockDuration, lockRenewTime } = settings;
    this.#locks = new Locks({
      renewal: lockRenewTime,
      kept: keeper.keep(name, settings.concurrency, onLockLost),
      isKeeping: () => keeper.isKeeping(),
      extend: (jobIds, tokens) => this.#worker.extendJobLocks(jobIds, tokens, lockDuration),
      onLost: onLockLost,
      onError,
    });
    settings.connection.on('close', this.#countCut);
    settings.connection.on('ready', this.#isBack);
    this.#loop = this.#run();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#whenFree?.();
    this.#slots.close();
    this.#parts.permits?.wake();
    await this.#worker.redis.disconnectBlocking(true).catch(this.#parts.onError);
    await this.#loop;
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#parts.settings.connection.off('close', this.#countCut);
    this.#parts.settings.connection.off('ready', this.#isBack);
    clearTimeout(this.#awaySoon);
    await this.#locks.stop();
    await this.#worker.close();
  }

  async #run(): Promise<void> {
    await this.#worker.startStalledCheckTimer().catch(this.#parts.onError);
    let asks = FEWEST_ASKED;
    while (!this.#isClosing) {
      try {
        const tokens = await this.#turnsFor(Math.min(asks, MOST_ASKED));
        if (tokens.length === 0) continue;
        const took = await this.#takeFor(tokens);
        asks = took.kind === 'more' ? asks * 2 : FEWEST_ASKED;
        // Nobody says that there is room again: it may be of our own making, or of another's who is gone.
        if (took.kind === 'full' && this.#running.size > 0) await within(IDLE_S * 1_000, this.#turnEnds());
        else if (took.kind === 'empty' || took.kind === 'full') await this.#waitForJobs(took.until);
      } catch (error) {
        if (this.#isClosing) return;
        this.#parts.onError(error as Error);
        await wait(this.#parts.settings.runRetryDelay);
      }
    }
  }

  /** The turns that may take a job now, at most so many: each has its slot, and its permit where it takes one. */
  async #turnsFor(most: number): Promise<readonly string[]> {
    const slots = await this.#slots.take(most);
    const { permits } = this.#parts;
    if (permits === undefined) return this.#free.splice(this.#free.length - slots);
    let held: readonly Permit[] = [];
    try {
      held = slots === 0 ? [] : await permits.take(slots, () => this.#isClosing);
    } finally {
      this.#slots.give(slots - held.length);
    }
    const tokens = this.#free.splice(this.#free.length - held.length);
    for (const [nth, permit] of held.entries()) this.#permits.set(tokens[nth] ?? '', permit);
    return tokens;
  }

  /** Takes jobs for these turns, and has them begun; the turns that get none are free again. */
  async #takeFor(tokens: readonly string[]): Promise<Pick<Take, 'kind' | 'until'>> {
    const idle = new Set(tokens);
    const begin = (token: string, turn: Promise<void>) => {
      idle.delete(token);
      this.#track(token, turn);
    };
    try {
      const cuts = this.#cuts;
      const took = await this.#answerOf(this.#parts.take(this.#parts.name, tokens));
      if (cuts !== this.#cuts) await this.#putBackUntold(tokens, took);
      for (const { token, job } of took.jobs) begin(token, this.#turn(token, job));
      const [token] = idle;
      if (took.kind !== 'other' || token === undefined) return took;
      const { job, until } = await this.#worker.take(token);
      if (job === undefined) return { kind: 'empty', until };
      begin(token, this.#turnOfBullMQ(token, job));
      return { kind: 'more', until };
    } finally {
      this.#tellPermits(tokens, idle);
      this.#free.push(...idle);
      this.#slots.give(idle.size);
    }
  }

  /** What Redis answers; while it does not, the slots are the others'. */
  async #answerOf(asked: Promise<Take>): Promise<Take> {
    if (this.#parts.slots === undefined || (await within(AWAY_MS, asked)) !== LATE) return asked;
    this.#slots.setAway(true);
    return asked.finally(() => this.#slots.setAway(false));
  }

  #tellPermits(tokens: readonly string[], idle: ReadonlySet<string>): void {
    const { permits, onError } = this.#parts;
    if (permits === undefined) return;
    const of = (some: readonly string[]) => some.flatMap((token) => this.#permits.get(token) ?? []);
    permits.tell(of(tokens.filter((token) => !idle.has(token))), of([...idle])).catch(onError);
    for (const token of idle) this.#permits.delete(token);
  }

  #givePermit(token: string): void {
    const permit = this.#permits.get(token);
    this.#permits.delete(token);
    if (permit !== undefined) this.#parts.permits?.give(permit).catch(this.#parts.onError);
  }

  /**
   * ioredis sends again what was under way when its connection ended, so it may have been done twice: what the first call
   * took nobody was told of, and it would wait until its locks run out.
   */
  async #putBackUntold(tokens: readonly string[], { jobs }: Take): Promise<void> {
    const told = new Set(jobs.map(({ job }) => job.id));
    try {
      const held = await this.#worker.lockedBy(tokens);
      const untold = held.filter(({ id }) => !told.has(id));
      await Promise.all(untold.map(({ id, token }) => this.#worker.redis.moveJobFromActiveToWait(id, token)));
    } catch (error) {
      this.#parts.onError(error as Error);
    }
  }

  #track(token: string, turn: Promise<void>): void {
    const ended = turn.catch(this.#parts.onError).finally(() => {
      this.#running.delete(ended);
      this.#givePermit(token);
      this.#free.push(token);
      this.#slots.give(1);
      this.#whenFree?.();
    });
    this.#running.add(ended);
  }

  #turnEnds(): Promise<void> {
    return new Promise((resolve) => (this.#whenFree = resolve));
  }

  /** Until somebody says that there are jobs, or one is due. */
  async #waitForJobs(until: number): Promise<void> {
    for (let due = until; !this.#isClosing;) {
      const seconds = due === 0 ? IDLE_S : Math.min((due - Date.now()) / 1_000, LONGEST_WAIT_S);
      if (seconds <= 0) return;
      const marker = await this.#worker.waitForMarker(Math.max(seconds, SHORTEST_WAIT_S));
      if (marker === null || marker.score <= Date.now()) return;
      due = marker.score;
    }
  }

  /** Runs a job, and every one that the scripts take after it. */
  async #turn(token: string, first: TakenJob): Promise<void> {
    for (let job: TakenJob | undefined = first; job !== undefined;) {
      if (beginsByBullMQ(job)) return this.#turnOfBullMQ(token, await this.#worker.begin(job.id, token));
      const lease = new TakenLease(job, token, this.#jobs);
      const ending = await this.#runHeld(lease);
      const ended = ending.kind === 'completed' ? ending.ended : undefined;
      if (ended === undefined) return this.#end(await this.#jobFor(ending, job), lease, ending);
      job = ended.taken;
    }
  }

  /** What BullMQ needs of the job to end it so: a failure is added to those before it. */
  async #jobFor({ kind }: Ending, taken: TakenJob): Promise<Job> {
    const needsAll = kind === 'failed' || kind === 'retried' || endsByBullMQ(taken);
    return needsAll ? this.#worker.jobOf(taken.id) : this.#worker.briefly(taken);
  }

  async #turnOfBullMQ(token: string, job: Job | undefined): Promise<void> {
    // It was not possible to plan its schedule's next one: it is taken back when its lock runs out.
    if (job === undefined) return;
    if (job.deferredFailure) {
      await retryWhileLoading(() => job.moveToFailed(new UnrecoverableError(job.deferredFailure), token));
      return;
    }
    const lease = leaseOf(job, token);
    await this.#end(job, lease, await this.#runHeld(lease));
  }

  /** Runs a job while its lock is renewed. */
  async #runHeld(lease: Lease): Promise<Ending> {
    this.#locks.hold(lease.token, lease.jobId);
    try {
      return await endingOf(lease, this.#parts.processor);
    } finally {
      this.#locks.letGo(lease.token);
    }
  }

  /** Has BullMQ end the job, or put it where the ending says. */
  async #end(job: Job, lease: Lease, ending: Ending): Promise<void> {
    const { token } = lease;
    let result: unknown;
    try {
      result = await conclude(job, token, ending, (fault) => this.#parts.processor.putOff(lease, fault));
    } catch (error) {
      if (!isSeenTo(error)) await retryWhileLoading(() => job.moveToFailed(error as Error, token));
      return;
    }
    await retryWhileLoading(() => job.moveToCompleted(result, token, false));
  }
}
