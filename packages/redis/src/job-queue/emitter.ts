import { EventEmitter } from 'node:events';
import type { AnyJobs, JobName, JobOf, JobResult } from './job.ts';

/** What a `JobQueue` tells its listeners: its own doings only, not those of other processes. */
export type JobQueueEvents<Jobs = AnyJobs> = {
  /** This instance added a job (and it was not there already). */
  added: [job: JobOf<Jobs>];
  /** An attempt begins here. */
  active: [job: JobOf<Jobs>];
  completed: [job: JobOf<Jobs>, result: JobResult<Jobs, JobName<Jobs>>];
  /** For good: no attempt is left, or another one cannot help. */
  failed: [job: JobOf<Jobs>, error: Error];
  /** An attempt failed; the next one begins in `delay` ms. `attempt` is the one that failed, 1 for the first. */
  retrying: [job: JobOf<Jobs>, attempt: number, delay: number];
  /** `pause()` was called here. */
  paused: [];
  resumed: [];
  /** Something beside the jobs failed: the connection, a hook, a listener. */
  error: [error: Error];
};

export type Listener<Args extends readonly unknown[]> = (...args: Args) => unknown;

/**
 * Listeners that cannot harm: one that throws or rejects becomes an `error` event, the others are still called, and
 * an `error` that nobody listens for is dropped.
 */
export class SafeEmitter {
  readonly #emitter = new EventEmitter();

  on(event: string, listener: Listener<never[]>): void {
    this.#emitter.on(event, listener as Listener<unknown[]>);
  }

  once(event: string, listener: Listener<never[]>): void {
    this.#emitter.once(event, listener as Listener<unknown[]>);
  }

  off(event: string, listener: Listener<never[]>): void {
    this.#emitter.off(event, listener as Listener<unknown[]>);
  }

  emit<Name extends keyof JobQueueEvents>(event: Name, ...args: JobQueueEvents[Name]): void {
    for (const listener of this.#emitter.rawListeners(event)) {
      void this.guard(event, () => listener(...args) as unknown);
    }
  }

  /** Runs somebody's code; resolves when it has ended, however it has. */
  async guard(what: string, run: () => unknown): Promise<void> {
    try {
      await run();
    } catch (cause) {
      if (what === 'error') return;
      this.emit('error', new Error(`what is called for '${what}' failed: ${String(cause)}`, { cause }));
    }
  }
}
