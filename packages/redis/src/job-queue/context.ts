import type { AddOptions } from './options.ts';
import type { AnyJobs, JobData, JobName, JobOf, JobResult } from './job.ts';

/** What a handler is given beside its job. */
export interface JobContext<Jobs = AnyJobs> {
  /** Which attempt this is, 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Aborted when the timeout is over, the queue closes, or another worker has taken the job. Pass it on. */
  readonly signal: AbortSignal;
  /** Says how far the work is: a number, a text, or an object of your own; seen in `get` and on the dashboard. */
  progress(value: number | string | Record<string, unknown>): Promise<void>;
  /** `add` of the same queue. A later attempt that asks for the same jobs in the same order adds none twice. */
  enqueue<Name extends JobName<Jobs>>(
    name: Name,
    data: JobData<Jobs, Name>,
    options?: AddOptions,
  ): Promise<JobOf<Jobs, Name>>;
}

/**
 * Does one job. What it returns is the job's result; what it throws fails the attempt: `NonRetryableError` ends the
 * job at once, `RetryAfterError` chooses the wait.
 */
export type JobHandler<Jobs, Name extends JobName<Jobs>> = (
  job: JobOf<Jobs, Name>,
  ctx: JobContext<Jobs>,
) => JobResult<Jobs, Name> | Promise<JobResult<Jobs, Name>>;
