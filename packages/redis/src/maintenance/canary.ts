import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { explain, type Logger, type Work } from '@hookline/core';
import type { Queue } from 'bullmq';
import { every } from '../client/every.ts';
import type { Activity } from '../bullmq/metrics.ts';

/** Times in milliseconds. */
export interface CanarySettings {
  /** Between two canaries in a queue. */
  readonly interval?: number;
  /** How long a queue may give this process nothing until it counts as stuck. */
  readonly patience?: number;
}

export interface CanaryOptions extends CanarySettings {
  /** Only queues that always give an idle worker its job: without rate limit and global concurrency. */
  readonly queues: readonly { readonly queue: Queue; readonly concurrency: number }[];
  readonly activity: Activity;
  /** Whether the connection says that Redis is there. */
  readonly isReady: () => boolean;
  readonly log: Logger;
  /** Milliseconds that only go forward; the activity's own clock. */
  readonly clock: () => number;
}

export interface Canaries {
  /** The queues that ought to have given this process a job and did not, by name. */
  stuck(): readonly string[];
  stop(): void;
}

const INTERVAL_MS = 10_000;
const PATIENCE_MS = 60_000;

/**
 * Tells whether this process still gets jobs. A ping cannot: a worker whose blocked connection was lost has been seen
 * to answer pings and take nothing for ever. So each process adds jobs of its own that do nothing, and looks whether
 * any job begins. Only what a restart would help counts: not a Redis that is away, a paused queue, or a process that
 * has its hands full or was asleep.
 */
export function startCanaries(options: CanaryOptions): Canaries {
  const { activity, log, clock } = options;
  const { interval = INTERVAL_MS, patience = PATIENCE_MS } = options;
  const id = randomUUID();
  const over = new AbortController();
  /** Since when a queue has had every reason to give a job. */
  const dueSince = new Map<string, number>();
  const reported = new Set<string>();
  let generation = 0;

  function silence(name: string): number {
    const since = dueSince.get(name);
    return since === undefined ? 0 : clock() - Math.max(since, activity.of(name).lastBegun);
  }

  function stuck(): string[] {
    return options.queues.map(({ queue }) => queue.name).filter((name) => silence(name) >= patience);
  }

  const jobId = (): string => `canary~${id}~${generation}`;

  /**
   * Another process may be quicker each time: workers that wait equally long and look equally often fall into step. While
   * this one goes on asking, a canary that somebody took shows that it would be given jobs.
   */
  async function isGivenToOthers(queue: Queue): Promise<boolean> {
    if (clock() - activity.of(queue.name).lastAsked > patience / 2) return false;
    return (await queue.getJob(jobId())) === undefined;
  }

  async function send(queue: Queue): Promise<boolean> {
    if (await queue.isPaused()) return false;
    if (await isGivenToOthers(queue)) dueSince.delete(queue.name);
    if (over.signal.aborted) return false;
    await queue.add('canary', { kind: 'canary' } satisfies Work, {
      jobId: jobId(),
      removeOnComplete: true,
      removeOnFail: true,
    });
    // It was on its way when this process stopped, which took back what was there.
    if (over.signal.aborted) await queue.remove(jobId());
    return true;
  }

  async function look({ queue, concurrency }: CanaryOptions['queues'][number]): Promise<void> {
    // A canary whose job was damaged would block its own id, and look like a queue that is stuck.
    if (silence(queue.name) > patience / 2) generation += 1;
    // One that hangs on a connection which calls itself ready is as good a reason to wait for a job as one that was sent.
    const isDue = await Promise.race([
      send(queue).catch(() => false),
      wait(interval, undefined, { signal: over.signal, ref: false }).then(options.isReady),
    ]);
    if (!isDue || activity.of(queue.name).running >= concurrency) dueSince.delete(queue.name);
    else if (!dueSince.has(queue.name)) dueSince.set(queue.name, clock());
  }

  function report(): void {
    const now = new Set(stuck());
    for (const queue of now) {
      if (!reported.has(queue))
        log.error('this process gets no jobs of a queue any more; restart it', {
          queue,
          forMs: silence(queue),
        });
      reported.add(queue);
    }
    for (const queue of reported) {
      if (now.has(queue)) continue;
      reported.delete(queue);
      log.info('the queue gives jobs again', { queue });
    }
  }

  let last = clock();
  async function round(): Promise<void> {
    // A process that was stopped or blocked has to be awake for a while before its silence means anything.
    if (clock() - last > 3 * interval) dueSince.clear();
    last = clock();
    await Promise.all(options.queues.map(look));
    report();
  }
  const loop = every(interval, round, (error) => log.debug('canary', { error: explain(error) }));

  return {
    stuck,
    stop() {
      over.abort();
      void loop.stop();
      // One that still waits would only be somebody else's work; without Redis, it is just that.
      for (const { queue } of options.queues) queue.remove(jobId()).catch(() => undefined);
    },
  };
}
