import { every, type Loop } from '../client/every.ts';
import type { Partition } from '../client/partition.ts';
import type { LockKeeper } from './lock-keeper.ts';

/** What a queue may do over all workers, and over all partitions. */
export interface QueueLimits {
  /** Jobs at once. */
  readonly globalConcurrency?: number | undefined;
  /** At most `max` jobs begin within `duration` ms. */
  readonly limiter?: { readonly max: number; readonly duration: number } | undefined;
}

export interface PermitsParts {
  readonly queue: string;
  readonly limits: QueueLimits;
  /** Where they are counted. */
  readonly home: Partition;
  /** Of the same partition: renews those that are held while this thread stands still. */
  readonly keeper: LockKeeper;
  /** How many this process may hold at once. */
  readonly most: number;
  /** Names this process's permits. */
  readonly process: string;
  /** Milliseconds after which those of a process that died are anybody's. */
  readonly kept: number;
  readonly onError: (error: Error) => void;
}

/** A permit to run one job. */
export type Permit = string;

const RENEWAL_MS = 1_000;
/** Nobody says that another process has given one back. */
const LOOK_AGAIN_MS = 60;
/** Of that at random, so that not all of them come at once. */
const SPREAD_MS = 40;

/**
 * The permits of one queue with limits over all workers, where it lies in several partitions: each of them gives its jobs
 * by itself, so that whoever is to take one asks in the first for leave before.
 */
export class Permits {
  readonly #parts: PermitsParts;
  readonly #held = new Set<Permit>();
  readonly #kept;
  readonly #renewing: Loop;
  #count = 0;
  readonly #waiting = new Set<() => void>();

  constructor(parts: PermitsParts) {
    this.#parts = parts;
    this.#kept = parts.keeper.keepPermits(parts.queue, parts.most);
    this.#renewing = every(
      RENEWAL_MS,
      () => this.#renew(),
      (error) => parts.onError(error as Error),
    );
  }

  /** Waits until there are some. @returns at most so many, and none once it is over */
  async take(most: number, isOver: () => boolean): Promise<readonly Permit[]> {
    while (!isOver()) {
      const ids = Array.from({ length: most }, () => `${this.#parts.process}:${(this.#count += 1)}`);
      const { granted, waitMs } = await this.#ask(ids);
      if (granted > 0) return this.#hold(ids.slice(0, granted));
      if (!isOver()) await this.#pause(waitMs + Math.random() * SPREAD_MS);
    }
    return [];
  }

  /** Has those who wait look again. */
  wake(): void {
    for (const go of this.#waiting) go();
  }

  /** Says with which of them a job has begun; the others are given back. */
  async tell(began: readonly Permit[], unused: readonly Permit[]): Promise<void> {
    const { queue, limits, home } = this.#parts;
    this.#letGo(unused);
    if (limits.limiter === undefined && unused.length === 0) return;
    const { duration } = limits.limiter ?? NO_RATE;
    await home.run('tell-permits', { args: { queue, duration }, lists: { began, unused } });
  }

  /** Gives one back whose job has ended. */
  async give(permit: Permit): Promise<void> {
    this.#letGo([permit]);
    if (this.#parts.limits.globalConcurrency === undefined) return;
    await this.#parts.home.connection.zrem(this.#parts.home.keys.permits(this.#parts.queue), permit);
    this.wake();
  }

  async stop(): Promise<void> {
    this.#kept.close();
    await this.#renewing.stop();
  }

  async #ask(ids: readonly Permit[]): Promise<{ readonly granted: number; readonly waitMs: number }> {
    const { queue, limits, home, keeper, kept } = this.#parts;
    const { globalConcurrency: most, limiter = NO_RATE } = limits;
    // After Redis was away, those who live say first what they hold.
    const isSettled = most === undefined || keeper.isSettled();
    if (home.connection.status !== 'ready' || !isSettled) return { granted: 0, waitMs: LOOK_AGAIN_MS };
    const { max, duration } = limiter;
    const reply = await home.run('ask-permits', {
      args: { queue, most: most ?? '', max, duration, keptMs: kept },
      lists: { ids },
    });
    const [granted, waitMs] = reply as readonly number[];
    return { granted: Number(granted), waitMs: Number(waitMs) || LOOK_AGAIN_MS };
  }

  #hold(permits: readonly Permit[]): readonly Permit[] {
    if (this.#parts.limits.globalConcurrency === undefined) return permits;
    for (const permit of permits) {
      this.#held.add(permit);
      this.#kept.hold(permit, '');
    }
    return permits;
  }

  #letGo(permits: readonly Permit[]): void {
    for (const permit of permits) {
      this.#held.delete(permit);
      this.#kept.letGo(permit);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.#waiting.add(go);
    });
  }

  async #renew(): Promise<void> {
    const { queue, home, kept } = this.#parts;
    if (this.#held.size === 0) return;
    const ids = [...this.#held];
    await home.run('renew-permits', { args: { queue, keptMs: kept, again: 1 }, lists: { ids } });
  }
}

const NO_RATE = { max: '', duration: 0 } as const;
