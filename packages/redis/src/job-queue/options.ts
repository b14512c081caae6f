import {
  explain,
  DEFAULT_RETRY,
  MAX_ATTEMPTS,
  milliseconds,
  type Duration,
  type JobRunOptions,
  type RedisTarget,
  type RetryPolicy,
} from '@hookline/core';
import { isReservedJobId } from '../bullmq/job-id.ts';
import type { AnyJobs, JobName, JobOf, JobResult } from './job.ts';
import type { Backend } from './store.ts';

export interface JobQueueOptions<Jobs = AnyJobs> {
  /** A Redis URL, or how to find a cluster or a sentinel's primary. Default `redis://127.0.0.1:6379`. */
  readonly redis?: string | RedisTarget;
  /** What the queue's keys in Redis begin with. Default `{hookline}`. */
  readonly prefix?: string;
  /** Where jobs are kept, instead of `redis`: any BullMQ 6 backend. */
  readonly backend?: Backend;
  /** Jobs that run at once, over all processes of the queue (1 to 1000). Default 5. */
  readonly concurrency?: number;
  readonly retry?: JobRetryOptions;
  /** At most `max` attempts begin within `duration`, over all processes. Stronger than `concurrency`. */
  readonly limiter?: { readonly max: number; readonly duration: Duration };
  /** How long an attempt may take. No limit unless set. */
  readonly timeout?: Duration;
  /** The priority of jobs that are added without one: 1 is first, 2097151 last. Default 5. */
  readonly priority?: number;
  readonly hooks?: JobQueueHooks<Jobs>;
  /** How many of the jobs that ended are kept, newest first. Default 1000 completed, 5000 failed. */
  readonly keep?: { readonly completed?: number; readonly failed?: number };
  /**
   * How long a job whose name has no handler here is put back, so that another process can take it, before it fails.
   * Default `'1h'`.
   */
  readonly waitForHandler?: Duration;
}

export interface JobRetryOptions {
  /** How often a job is tried in all, the first time included (1 to 100). Default 5. */
  readonly attempts?: number;
  /** `fixed` waits `delay` each time; `exponential` doubles it each time. Default `exponential`. */
  readonly backoff?: 'fixed' | 'exponential';
  /** The wait before the second attempt. Default `'2s'`. */
  readonly delay?: Duration;
  /** No wait is longer than this. Default `'1h'`, or `delay` where that is longer. */
  readonly maxDelay?: Duration;
  /** The share of each wait, 0 to 1, that is chosen at random. Default 0: waits are exact. */
  readonly jitter?: number;
}

/**
 * Called once, in the process that ended the attempt, after the job's new state is stored. One that throws becomes an
 * `error` event and changes nothing about the job.
 */
export interface JobQueueHooks<Jobs = AnyJobs> {
  readonly onComplete?: (job: JobOf<Jobs>, result: JobResult<Jobs, JobName<Jobs>>) => unknown;
  /** The final failure only. */
  readonly onFailed?: (job: JobOf<Jobs>, error: Error) => unknown;
  /** `attempt` failed, 1 for the first; the next one begins in `delay` ms. */
  readonly onRetry?: (job: JobOf<Jobs>, attempt: number, delay: number) => unknown;
}

/** How one job differs from what its queue says. */
export interface AddOptions {
  /** Wait this long before it may run. */
  readonly delay?: Duration;
  /** Run it then; at once when that is past. A time, or milliseconds since the epoch. */
  readonly runAt?: Date | number;
  readonly priority?: number;
  readonly attempts?: number;
  readonly backoff?: Omit<JobRetryOptions, 'attempts' | 'backoff'> & {
    readonly type?: 'fixed' | 'exponential';
  };
  readonly timeout?: Duration;
  /** The same id twice is the same job, for as long as the first one is kept. */
  readonly id?: string;
  /** Whatever is to travel with the job; handlers, hooks and listeners see it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The queue's options with every choice made; times in milliseconds. */
export interface Settings {
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  readonly limiter: { readonly max: number; readonly duration: number } | undefined;
  readonly timeout: number;
  readonly priority: number;
  readonly keep: { readonly completed: number; readonly failed: number };
  readonly waitForHandler: number;
}

/** What timers can wait; without a limit an attempt gets this. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;
/** BullMQ packs due times into a number that is exact until 2039. */
const LONGEST_DELAY_MS = 10 * 365 * 86_400_000;
const LAST_PRIORITY = 2_097_151;
const MOST_KEPT = 1_000_000;
const ID = /^[^\s:]{1,256}$/;

/** @throws RangeError that names the option and its range */
export function readSettings(options: JobQueueOptions<never>): Settings {
  const { concurrency = 5, retry = {}, limiter, timeout, priority = 5, keep = {} } = options;
  const delay = duration('retry.delay', retry.delay ?? DEFAULT_RETRY.delay);
  return {
    concurrency: readConcurrency(concurrency),
    retry: {
      attempts: wholeNumber('retry.attempts', retry.attempts ?? DEFAULT_RETRY.attempts, 1, MAX_ATTEMPTS),
      type: backoffType('retry.backoff', retry.backoff ?? DEFAULT_RETRY.type),
      delay,
      max: duration('retry.maxDelay', retry.maxDelay ?? Math.max(DEFAULT_RETRY.max, delay)),
      jitter: share('retry.jitter', retry.jitter ?? 0),
    },
    limiter:
      limiter === undefined
        ? undefined
        : {
            max: wholeNumber('limiter.max', limiter.max, 1, 1_000_000),
            duration: duration('limiter.duration', limiter.duration, 1, LONGEST_TIMEOUT_MS),
          },
    timeout: timeout === undefined ? LONGEST_TIMEOUT_MS : readTimeout(timeout),
    priority: readPriority(priority),
    keep: {
      completed: wholeNumber('keep.completed', keep.completed ?? 1_000, 0, MOST_KEPT),
      failed: wholeNumber('keep.failed', keep.failed ?? 5_000, 0, MOST_KEPT),
    },
    waitForHandler: duration('waitForHandler', options.waitForHandler ?? '1h'),
  };
}

/** @throws RangeError outside 1 to 1000 */
export function readConcurrency(value: number): number {
  return wholeNumber('concurrency', value, 1, 1_000);
}

/** An `add`'s options with their durations in milliseconds, in the form in which they are stored. */
export interface ReadAddOptions {
  readonly delay: number;
  readonly priority: number | undefined;
  readonly id: string | undefined;
  readonly options: JobRunOptions | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @param now milliseconds since the epoch, for `runAt`
 * @throws RangeError that names the option and its range
 */
export function readAddOptions(given: AddOptions, now: number): ReadAddOptions {
  const { delay, runAt, priority, attempts, backoff, timeout, id, metadata } = given;
  if (delay !== undefined && runAt !== undefined)
    throw new RangeError('delay and runAt both say when the job is to run: give one of them');
  if (id !== undefined && (!ID.test(id) || /^-?\d+$/.test(id)))
    throw new RangeError(
      `id is ${shown(id)}: use 1 to 256 characters without white space or ':', and not only digits`,
    );
  if (id !== undefined && isReservedJobId(id))
    throw new RangeError(`id is ${shown(id)}, which BullMQ keeps for itself: put something before it`);
  const options: JobRunOptions = {
    ...(attempts === undefined ? {} : { attempts: wholeNumber('attempts', attempts, 1, MAX_ATTEMPTS) }),
    ...(backoff === undefined ? {} : { backoff: readBackoff(backoff) }),
    ...(timeout === undefined ? {} : { timeout: readTimeout(timeout) }),
  };
  return {
    delay: runAt === undefined ? duration('delay', delay ?? 0, 0, LONGEST_DELAY_MS) : untilThen(runAt, now),
    priority: priority === undefined ? undefined : readPriority(priority),
    id,
    options: Object.keys(options).length === 0 ? undefined : options,
    metadata: metadata === undefined ? undefined : readMetadata(metadata),
  };
}

function readBackoff({
  type,
  delay,
  maxDelay,
  jitter,
}: NonNullable<AddOptions['backoff']>): NonNullable<JobRunOptions['backoff']> {
  return {
    ...(type === undefined ? {} : { type: backoffType('backoff.type', type) }),
    ...(delay === undefined ? {} : { delay: duration('backoff.delay', delay) }),
    ...(maxDelay === undefined ? {} : { max: duration('backoff.maxDelay', maxDelay) }),
    ...(jitter === undefined ? {} : { jitter: share('backoff.jitter', jitter) }),
  };
}

function untilThen(runAt: Date | number, now: number): number {
  const time = typeof runAt === 'number' ? runAt : runAt.getTime();
  if (Number.isFinite(time) && time - now <= LONGEST_DELAY_MS) return Math.max(0, Math.round(time - now));
  throw new RangeError(
    `runAt is ${shown(runAt)}: use a Date or milliseconds since the epoch, at most 10 years ahead`,
  );
}

function readMetadata(metadata: unknown): Readonly<Record<string, unknown>> {
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))
    return metadata as Readonly<Record<string, unknown>>;
  throw new RangeError(`metadata is ${shown(metadata)}: use an object`);
}

function readPriority(value: number): number {
  return wholeNumber('priority', value, 1, LAST_PRIORITY, ' (1 is first)');
}

function readTimeout(value: Duration): number {
  return duration('timeout', value, 1, LONGEST_TIMEOUT_MS);
}

function wholeNumber(option: string, value: number, min: number, max: number, note = ''): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${option} is ${shown(value)}: use a whole number from ${min} to ${max}${note}`);
}

function share(option: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`${option} is ${shown(value)}: use a share from 0 to 1`);
}

function backoffType(option: string, value: 'fixed' | 'exponential'): 'fixed' | 'exponential' {
  if (value === 'fixed' || value === 'exponential') return value;
  throw new RangeError(`${option} is ${shown(value)}: use 'fixed' or 'exponential'`);
}

function duration(option: string, value: Duration, min = 0, max = LONGEST_DELAY_MS): number {
  let ms: number;
  try {
    ms = milliseconds(value);
  } catch (error) {
    throw new RangeError(`${option}: ${explain(error)}`, {
      cause: error,
    });
  }
  if (ms >= min && ms <= max) return ms;
  throw new RangeError(`${option} is ${shown(value)}: use ${min} to ${max} ms`);
}

/** Takes anything: options also come from modules that no compiler has seen. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'number' || value instanceof Date || value === null) return String(value);
  return `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
}
