import type { Job } from 'bullmq';
import {
  dataOf,
  endsByBullMQ,
  numberOf,
  optionsOf,
  textOf,
  type PlainEnd,
  type TakenJob,
} from './taken-job.ts';
import { KEPT_JOBS } from './add-job.ts';
import { wholeWork } from './stored-work.ts';

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

/** The lease of a job that BullMQ took, which has to end it, too. */
export function leaseOf(job: Job, token: string): Lease {
  const { repeatJobKey } = job;
  return {
    queue: job.queueName,
    jobId: job.id ?? '',
    token,
    name: job.name,
    work: wholeWork(job.data, job.id ?? '', job.name),
    made: job.attemptsMade,
    started: job.attemptsStarted,
    stalled: job.stalledCounter,
    priority: job.opts.priority,
    slot:
      repeatJobKey === undefined
        ? undefined
        : { schedule: repeatJobKey, at: job.opts.prevMillis ?? job.timestamp },
    report: (progress) => job.updateProgress(progress),
  };
}

/** What the leases of one queue have in common. */
export interface TakenJobs {
  readonly queue: string;
  /** Whether new jobs are taken. */
  isTaking(): boolean;
  report(jobId: string, progress: Parameters<Lease['report']>[0]): Promise<void>;
}

/** The lease of a job that a script of ours took. */
export class TakenLease implements Lease {
  readonly queue: string;
  readonly jobId: string;
  readonly token: string;
  readonly name: string;
  readonly work: unknown;
  readonly made: number;
  readonly started: number;
  readonly stalled: number;
  readonly priority: number | undefined;
  readonly slot = undefined;
  readonly #job: TakenJob;
  readonly #jobs: TakenJobs;

  constructor(job: TakenJob, token: string, jobs: TakenJobs) {
    this.queue = jobs.queue;
    this.jobId = job.id;
    this.token = token;
    this.name = textOf(job, 'name') ?? '';
    this.work = wholeWork(dataOf(job), job.id, this.name);
    this.made = numberOf(job, 'made');
    this.started = numberOf(job, 'started');
    this.stalled = numberOf(job, 'stalled');
    this.priority = numberOf(job, 'priority') || undefined;
    this.#job = job;
    this.#jobs = jobs;
  }

  plainEnd(): PlainEnd | undefined {
    if (endsByBullMQ(this.#job)) return undefined;
    const { removeOnComplete: keep = KEPT_JOBS.removeOnComplete } = optionsOf(this.#job);
    if (typeof keep !== 'object' || keep.count === undefined || keep.count < 1) return undefined;
    if ('age' in keep || 'limit' in keep) return undefined;
    return { kept: keep.count, takes: this.#jobs.isTaking() };
  }

  report(progress: Parameters<Lease['report']>[0]): Promise<void> {
    return this.#jobs.report(this.jobId, progress);
  }
}
