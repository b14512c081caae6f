import type { Job } from 'bullmq';
import type { PlainEnd, Turns } from './turns.ts';

/** A job in the hands of this process: what it is, and the lock by which it is held. Nobody above this room sees BullMQ's own. */
export interface Lease {
  readonly queue: string;
  readonly jobId: string;
  /** What the job's lock holds for as long as it is ours. */
  readonly token: string;
  readonly name: string;
  /** The work as it was stored: anybody may add a job by hand. */
  readonly work: unknown;
  /** BullMQ's counters of the job: tries that were settled, tries that were begun, workers that died holding it. */
  readonly made: number;
  readonly started: number;
  readonly stalled: number;
  readonly priority: number | undefined;
  /** Of a job that a schedule made: which schedule, and for which time in milliseconds since the epoch. */
  readonly slot: { readonly schedule: string; readonly at: number } | undefined;
  /** How whoever settles the work may end its job in the same step; `undefined` where BullMQ has to. */
  plainEnd?(): PlainEnd | undefined;
  /** Tells BullMQ how far the work is. */
  report(progress: number | string | Record<string, unknown>): Promise<void>;
}

/** What it takes to say which lease it is, and whether it still holds. */
export type LeaseRef = Pick<Lease, 'queue' | 'jobId' | 'token' | 'made' | 'stalled' | 'plainEnd'>;

export function leaseOf(job: Job, token: string, turns?: Turns): Lease {
  const { repeatJobKey } = job;
  return {
    queue: job.queueName,
    jobId: job.id ?? '',
    token,
    name: job.name,
    work: job.data as unknown,
    made: job.attemptsMade,
    started: job.attemptsStarted,
    stalled: job.stalledCounter,
    priority: job.opts.priority,
    slot:
      repeatJobKey === undefined
        ? undefined
        : { schedule: repeatJobKey, at: job.opts.prevMillis ?? job.timestamp },
    plainEnd: () => turns?.endOf(job),
    report: (progress) => job.updateProgress(progress),
  };
}
