import type { Logger } from './logger.ts';

/** What a handler or job is given beside its event or data. */
export interface RunContext {
  readonly jobId: string;
  /** Which attempt this is, 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Aborted when the timeout is over, the process must stop, or another worker has taken the job. Pass it on. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Where somebody else finishes this job; holds a secret for it. @throws Error when nobody can finish it */
  readonly finishUrl: string;
  /** The same for every attempt of this work: give it to other people's APIs as their idempotency key. */
  readonly idempotencyKey: string;
  /** Shows how far the work is: a number, a text, or an object of your own; at most 64 KiB of JSON. */
  progress(value: number | string | Record<string, unknown>): Promise<void>;
  /**
   * Runs `fn` once for this work and keeps its result: a later attempt gets the kept result back.
   * When the process dies while `fn` runs, it runs again: nobody can know how far it came.
   * @param key names the effect within this handler
   * @returns what `fn` returned, as JSON keeps it
   */
  once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result>;
  /**
   * Queues a job. A retry of this work that asks for the same jobs in the same order adds none twice.
   * @returns the job's id
   */
  enqueue<Data>(
    job: JobTarget<Data> | string,
    data: NoInfer<Data>,
    options?: EnqueueOptions,
  ): Promise<string>;
}

/** As much of a job's definition as it takes to queue one: `defineJob` makes them. */
export interface JobTarget<Data> {
  readonly name: string;
  run(data: Data, ctx: RunContext): unknown;
}

export interface EnqueueOptions {
  /** Wait this many milliseconds before the job may run. */
  readonly delay?: number;
  /** 1 is first; larger is later; none is before all. */
  readonly priority?: number;
}
