import type { SerializedError } from '@hookline/core';
import { workOf, type BullJob } from '../bullmq/job-data.ts';
import { errorOf } from './failure.ts';

/** What a queue's jobs are given and what they return, by name: the constraint on `JobQueue`'s type argument. */
export type JobMap<Jobs> = {
  readonly [Name in keyof Jobs]: { readonly data: unknown; readonly result?: unknown };
};

/** The jobs of a queue that says nothing about them. */
export type AnyJobs = Readonly<Record<string, { readonly data: unknown; readonly result: unknown }>>;

export type JobName<Jobs> = keyof Jobs & string;
export type JobData<Jobs, Name extends keyof Jobs> = Jobs[Name] extends { readonly data: infer Data }
  ? Data
  : never;
export type JobResult<Jobs, Name extends keyof Jobs> = Jobs[Name] extends { readonly result: infer Result }
  ? Result
  : unknown;

/** `waiting` can run now · `delayed` waits for its time or its next attempt · the last two are final. */
export type JobState = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed';

/** A job as it was when asked for. Times are milliseconds since the epoch. */
export interface QueuedJob<Name extends string = string, Data = unknown, Result = unknown> {
  readonly id: string;
  readonly name: Name;
  readonly data: Data;
  readonly state: JobState;
  /** Of a completed job: what its handler returned, as JSON keeps it. */
  readonly result?: Result;
  /** Of a failed job: what its last attempt threw. */
  readonly error?: SerializedError;
  /** What the handler last said through `ctx.progress`. */
  readonly progress?: unknown;
  /** How many attempts have ended. */
  readonly attemptsMade: number;
  /** Which attempt runs, or ran last: 1 for the first, 0 before it. */
  readonly attempt: number;
  /** All tries, the first included. */
  readonly maxAttempts: number;
  /** 1 is first; larger is later. */
  readonly priority: number;
  readonly createdAt: number;
  /** When it may run: for a job that waits for its next attempt, not before this. */
  readonly runAt: number;
  /** When it was added, began or ended, whichever was last. */
  readonly updatedAt: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A queue's jobs of one name; of any of its names, as a union that `name` tells apart, when none is given. */
export type JobOf<Jobs, Name extends JobName<Jobs> = JobName<Jobs>> = {
  [N in Name]: QueuedJob<N, JobData<Jobs, N>, JobResult<Jobs, N>>;
}[Name];

/** @param usualAttempts the `maxAttempts` of a job that was added without an own number */
export function snapshot(job: BullJob, state: JobState, usualAttempts: number): QueuedJob {
  const { data, options, metadata } = workOf(job);
  const isRetry = state === 'delayed' && job.attemptsStarted > 0;
  return {
    id: job.id ?? '',
    name: job.name,
    data,
    state,
    ...(state === 'completed' ? { result: job.returnvalue ?? null } : {}),
    ...(state === 'failed' ? { error: errorOf(job.failedReason, job.stacktrace?.at(-1)) } : {}),
    ...(job.progress === 0 ? {} : { progress: job.progress }),
    attemptsMade: job.attemptsMade,
    attempt: state === 'active' ? job.attemptsMade + 1 : job.attemptsMade,
    maxAttempts: options?.attempts ?? usualAttempts,
    priority: job.priority,
    createdAt: job.timestamp,
    runAt: isRetry ? (job.processedOn ?? job.timestamp) + job.delay : job.timestamp + (job.opts.delay ?? 0),
    updatedAt: job.finishedOn ?? job.processedOn ?? job.timestamp,
    ...(metadata === undefined ? {} : { metadata }),
  };
}
