import type { SerializedError } from './errors.ts';
import type { RetryOptions } from './retry.ts';

/**
 * Where a tracked job is. `pending` waits for its first run · `processing` runs, waits for its next attempt, or for
 * somebody else to finish it · `succeeded` and `failed` are final: a job reaches one of them once.
 */
export type JobStatus = 'pending' | 'processing' | 'succeeded' | 'failed';

export function isFinal(status: JobStatus): boolean {
  return status === 'succeeded' || status === 'failed';
}

/** What `ctx.progress` left behind. */
export interface JobStep {
  /** 1 for the first of the run. */
  readonly step: number;
  readonly timestamp: number;
  /** Milliseconds since the job began. */
  readonly processingTime: number;
  readonly data: unknown;
}

/** A tracked job without its output; times in milliseconds since the epoch. */
export interface JobSummary {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly created: number;
  readonly updated: number;
  readonly data: unknown;
  readonly priority?: number;
  /** When it may begin, where that is later than `created`. */
  readonly runAt?: number;
  /** The attempt that runs, or ran last. */
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Of a succeeded job. */
  readonly result?: unknown;
  /** Of a failed job; without its stack, which the dead letter has. */
  readonly error?: Omit<SerializedError, 'stack'>;
}

export interface JobRecord extends JobSummary {
  /** The newest steps, oldest first. */
  readonly output: readonly JobStep[];
  /** Steps before these are missing: `output[0].step - 1` of them, or all. Absent where none is. */
  readonly outputTruncated?: true;
}

/** How one job differs from what its definition says. */
export interface JobRunOptions {
  readonly attempts?: number;
  readonly backoff?: NonNullable<RetryOptions['backoff']>;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A job to be created. Its id decides: the same id twice is the same job. */
export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  /** 1 is first; larger is later. */
  readonly priority: number;
  /** Milliseconds before it may begin. */
  readonly delay?: number;
  readonly options?: JobRunOptions;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export type CreateResult =
  /** In the order asked for; one that was there already is given back as it is now. */
  | { readonly kind: 'created'; readonly jobs: readonly JobSummary[] }
  | { readonly kind: 'unknown-name'; readonly names: readonly string[]; readonly known: readonly string[] }
  /** None was: the queues keep these ids for themselves. */
  | { readonly kind: 'reserved-id'; readonly ids: readonly string[] }
  /** None was: the store answers, but has to be left the room in which workers can drain it. */
  | { readonly kind: 'full'; readonly reason: string };

export type CancelResult =
  | { readonly kind: 'cancelled'; readonly job: JobSummary }
  | { readonly kind: 'over'; readonly status: JobStatus }
  | { readonly kind: 'unknown' };

export type RetryResult =
  | { readonly kind: 'queued'; readonly job: JobSummary }
  | { readonly kind: 'not-failed'; readonly status: JobStatus }
  | { readonly kind: 'unknown' };

export type FinishResult =
  | { readonly kind: 'finished'; readonly job: JobSummary }
  /** It cannot be finished from outside: not now (`status`), or never. */
  | { readonly kind: 'wrong-status'; readonly status: 'pending' | 'succeeded' | 'failed' }
  | { readonly kind: 'finishes-itself' }
  /** The token is an earlier run's. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

export interface JobQuery {
  readonly status?: JobStatus;
  readonly name?: string;
  /** The id of the last job of the page before. */
  readonly after?: string;
  readonly count: number;
}

export type JobPage =
  /** Newest first. `next` is what `after` takes for the page behind this one. */
  | {
      readonly kind: 'page';
      readonly jobs: readonly JobSummary[];
      readonly next?: string;
      /** A part of the store does not answer: its jobs are missing. */
      readonly isPartial?: true;
    }
  | { readonly kind: 'unknown-cursor' };

/** What the job API needs of a store. Each call is one atomic step, and rejects when its outcome is unknown. */
export interface JobService {
  /** @param moreMs how much longer than one job a list may take: `jobListTime` */
  create(jobs: readonly NewJob[], moreMs?: number): Promise<CreateResult>;
  /** @param outputBytes about so many bytes of the newest steps; 4 MiB unless given */
  get(id: string, outputBytes?: number): Promise<JobRecord | undefined>;
  list(query: JobQuery): Promise<JobPage>;
  /** @param by the operator who asks for it, which is written down */
  cancel(id: string, by?: string): Promise<CancelResult>;
  retry(id: string, by?: string): Promise<RetryResult>;
  /** @param token must be the job's own where it is given */
  finish(id: string, result: unknown, token?: string): Promise<FinishResult>;
  /** Whether `token` is the one that this job's `ctx.finishUrl` carries. */
  mayFinish(id: string, token: string): Promise<boolean>;
}

/**
 * Milliseconds that a list adds to the time in which it is to be created, in one step: two for each job, and
 * what its data takes on the wire and back. Nothing for a small one, 8.7 s at most: a thousand jobs of 16 MiB.
 * @param bytes of all their data
 */
export function jobListTime(count: number, bytes: number): number {
  const isSmall = count === 1 || (count <= 20 && bytes < 256 * 1024);
  return isSmall ? 0 : 2 * count + bytes / 2_500;
}

/** Something that happened to a job. Numbers are strings in here, as streams keep them. */
export interface JobFrame {
  /** Its place in the job's stream: larger is later. */
  readonly id: string;
  readonly type: 'started' | 'progress' | 'retrying' | 'completed' | 'failed';
  /** The rest of its fields; `data`, `result` and `error` are JSON. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The place before a stream's first frame. */
export const STREAM_START = '0-0';

/** What `get` gives of a job's steps unless it is told how much. */
export const OUTPUT_BYTES = 4 * 2 ** 20;

/** Where a stream begins whose oldest frames may have been cut away. */
export interface OldestFrame {
  readonly place: string;
  /** How many of the run's steps were before it, and are no longer there. */
  readonly dropped: number;
}

/** Follows jobs live, for any number of listeners over one connection. */
export interface JobFeed {
  /**
   * Calls `onFrame` for every frame after the place `after`, in order and once each: first those that are there,
   * then each as it comes. Frames that come while the store is away follow when it is back.
   * A retry begins the stream anew, at later places; of each run `completed` or `failed` is the last frame.
   * @returns ends it; given when every frame that was there has been delivered
   */
  follow(id: string, after: string, onFrame: (frame: JobFrame) => void): Promise<() => void>;
  /** @returns undefined where there are no frames */
  oldest(id: string): Promise<OldestFrame | undefined>;
}
