import type { JobRecord, JobRunOptions } from '@hookline/core';

/** A tracked job as it goes from one Redis to another. Its finish token stays behind: a new one is made. */
export interface MovedRecord extends Omit<JobRecord, 'outputTruncated'> {
  readonly kind: 'tracked';
  readonly queue: string;
  readonly options?: JobRunOptions;
  /** When its run began. Times are milliseconds since the epoch. */
  readonly startedAt?: number;
  /** When it was to be forgotten. */
  readonly expires?: number;
  /** What `ctx.once` and `ctx.enqueue` have kept, for a job that may run again. */
  readonly effects?: Readonly<Record<string, string>>;
}

/** A job that is only in its queue: a `JobQueue` added it, or somebody replayed it. */
export interface MovedQueued {
  readonly kind: 'queued';
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  /** `active` is queued anew. */
  readonly state: 'waiting' | 'delayed' | 'active' | 'failed';
  readonly created: number;
  readonly data: unknown;
  /** The work's name across replays, where that is not the job's. */
  readonly workId?: string;
  readonly priority?: number;
  /** Of a delayed one. */
  readonly runAt?: number;
  readonly options?: JobRunOptions;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** How many ended jobs of its kind the queue keeps. */
  readonly keep?: { readonly completed?: number; readonly failed?: number };
  /** Of a failed one. */
  readonly end?: {
    readonly at: number;
    readonly attempts: number;
    readonly message: string;
    readonly stack?: string;
  };
}

export type MovedJob = MovedRecord | MovedQueued;

/** What importing one job came to. `known`: its id was there already, and was left alone. */
export type Imported = 'queued' | 'finished' | 'known';
