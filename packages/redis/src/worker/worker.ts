import { randomUUID } from 'node:crypto';
import { announcementOf, explain, NO_METER, within, type PartitionAddress } from '@hookline/core';
import { LockThread, LOST_AFTER_MS } from '../bullmq/lock-keeper.ts';
import { Slots } from '../bullmq/slots.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import { every, type Loop } from '../client/every.ts';
import { LayoutError } from '../client/kept-layout.ts';
import { METRICS } from '../client/metric-rows.ts';
import { watchEventLoop } from '../maintenance/event-loop-lag.ts';
import type { RunningAttempt, RunningAttempts } from '../run/running-attempts.ts';
import { jointMeter } from './joint-meter.ts';
import type { WorkerOptions } from './options.ts';
import { openPart, type Part, type Shared } from './part.ts';
import { openPermits } from './permits.ts';
import { concurrencyOf } from './queues.ts';
import type { StopCause } from './stop.ts';

export interface RunningWorker {
  /** Resolves when every partition that this process works on answers. */
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

/** Where one part has begun a job, the process has. */
const LEAST: ReadonlySet<string> = new Set([METRICS.lastJobAge.name]);
/** Work is not moved before every worker has had the time to look. */
const LAYOUT_MS = 1_000;
/** Of several partitions, those that do not answer by then are taken on when they do. */
const PATIENCE_MS = 5_000;

/**
 * Starts working on every queue of the registry in every partition, and makes the schedules match it.
 * @throws UnfitServerError when a Redis may throw data away; LayoutError when it has other partitions than this layout
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const worker = new PartedWorker(options);
  try {
    await worker.open();
    return worker;
  } catch (error) {
    await worker.stop(0, 'crashed');
    throw error;
  }
}

class PartedWorker implements RunningWorker {
  readonly #options: WorkerOptions;
  readonly #parts = new Map<PartitionAddress, Part>();
  readonly #thread: LockThread;
  readonly #shared: Shared;
  readonly #permits: ReturnType<typeof openPermits>;
  readonly #loop: { stop(): void };
  readonly #layoutLoop: Loop;
  /** Why it takes no work any more: there are other partitions by now. */
  #left: LayoutError | undefined;
  #stopped: Promise<readonly string[]> | undefined;
  #stopping: { readonly until: number; readonly why: StopCause } | undefined;

  constructor(options: WorkerOptions) {
    const { registry, layout, meter = NO_METER, log, now = Date.now } = options;
    const process = randomUUID();
    const slots = new Map<string, Slots>();
    this.#options = options;
    this.#thread = new LockThread({ process, lock: LOCK_MS });
    this.#permits = openPermits(options, { process, thread: this.#thread });
    this.#shared = {
      process,
      announcement: announcementOf(registry, now()),
      thread: this.#thread,
      slotsOf(queue) {
        if (layout.length === 1) return undefined;
        const known = slots.get(queue) ?? new Slots(concurrencyOf(options, queue));
        slots.set(queue, known);
        return known;
      },
      permitsOf: (queue) => this.#permits.of(queue),
      running: () => this.#running(),
      clock,
      meter: layout.length === 1 ? meter : jointMeter(meter, LEAST),
    };
    this.#loop = watchEventLoop({
      running: {
        all: () => this.#running().flatMap(({ all }) => all),
        claimed: () => this.#running().flatMap(({ claimed }) => claimed),
      },
      reclaim: (attempts) => this.#reclaim(attempts),
      log,
      meter,
      clock,
      lock: LOST_AFTER_MS,
    });
    this.#layoutLoop = every(
      LAYOUT_MS,
      () => this.#lookAtLayout(),
      (error) => log.debug('layout', { error: explain(error) }),
    );
  }

  /** Work that is taken while it moves would be done twice, and what is put where it was, never. */
  async #lookAtLayout(): Promise<void> {
    await Promise.all(
      [...this.#parts.values()].map((part) =>
        part.requireLayout().catch((error: unknown) => {
          if (error instanceof LayoutError) return this.#leave(error);
          throw error;
        }),
      ),
    );
  }

  async #leave(why: LayoutError): Promise<void> {
    if (this.#left !== undefined || this.#stopping !== undefined) return;
    this.#left = why;
    this.#options.log.error('this worker takes no jobs any more, and has to be started anew', {
      error: why.message,
    });
    await Promise.all([...this.#parts.values()].map((part) => part.leave()));
  }

  /** Resolves when all partitions are open; of several, when those are that answer. */
  async open(): Promise<void> {
    const { layout, log } = this.#options;
    const opening = layout.map((address) => this.#open(address));
    if (layout.length === 1) return void (await Promise.all(opening));
    let isStarted = false;
    const late = opening.map((each) =>
      each.catch((error: unknown) => {
        if (!isStarted) throw error;
        log.error('a partition cannot be worked on; start this worker anew when it is mended', {
          error: explain(error),
        });
      }),
    );
    await Promise.any(late).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
    await within(PATIENCE_MS, Promise.all(late));
    isStarted = true;
  }

  async #open(address: PartitionAddress): Promise<void> {
    const part = await openPart(this.#options, address, this.#shared);
    this.#parts.set(address, part);
    // It came when this process was stopping already.
    if (this.#stopping !== undefined) await this.#stopPart(part);
    else if (this.#left !== undefined) await part.leave();
  }

  async ping(): Promise<void> {
    const away = this.#options.layout.filter((address) => !this.#parts.has(address));
    if (away.length > 0) throw new Error(`not open yet: ${away.map(({ prefix }) => prefix).join(', ')}`);
    await Promise.all([...this.#parts.values()].map((part) => part.ping()));
  }

  stuckQueues(): readonly string[] {
    if (this.#left !== undefined) {
      // What runs is let to its end.
      const isOver = this.#running().every(({ all }) => all.length === 0);
      return isOver ? [`all of them: ${this.#left.message}`] : [];
    }
    return [...new Set([...this.#parts.values()].flatMap((part) => part.stuckQueues()))];
  }

  stop(deadline: number, why: StopCause = 'asked'): Promise<readonly string[]> {
    this.#stopping ??= { until: performance.now() + deadline, why };
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<readonly string[]> {
    this.#loop.stop();
    void this.#layoutLoop.stop();
    try {
      return (await Promise.all([...this.#parts.values()].map((part) => this.#stopPart(part)))).flat();
    } finally {
      await this.#permits.stop();
      await this.#thread.stop();
    }
  }

  #stopPart(part: Part): Promise<readonly string[]> {
    const { until = 0, why = 'asked' } = this.#stopping ?? {};
    return part.stop(Math.max(0, until - performance.now()), why);
  }

  #running(): readonly RunningAttempts[] {
    return [...this.#parts.values()].map(({ running }) => running);
  }

  async #reclaim(attempts: readonly RunningAttempt[]): Promise<void> {
    const asked = new Set(attempts);
    await Promise.all(
      [...this.#parts.values()].map((part) =>
        part.reclaim(part.running.all.filter((attempt) => asked.has(attempt))),
      ),
    );
  }
}

/** Milliseconds that only go forward. */
function clock(): number {
  return performance.now();
}
