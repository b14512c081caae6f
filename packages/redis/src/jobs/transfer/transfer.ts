import { exportJobs } from './export.ts';
import { importJobs } from './import.ts';
import type { Imported, MovedJob } from './moved-job.ts';
import type { Partition } from '../../client/partition.ts';

export interface JobTransferOptions {
  readonly partition: Partition;
  /** Milliseconds that a finished job is kept from its import on, at least. */
  readonly retention: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Moves jobs from one Redis, or prefix, to another. */
export interface JobTransfer {
  /**
   * Every tracked job, oldest first; then those that are only in a queue, one queue after the other, each list in the
   * order in which it will run. What schedules queued is left out: they make their own jobs anew. Reads in pages.
   */
  export(): AsyncGenerator<MovedJob, void, undefined>;
  /**
   * Adds jobs in one atomic step, in order. Finished and failed ones come back as they were; all others are queued anew
   * and begin with their first attempt. Asking again adds nothing twice.
   */
  import(jobs: readonly MovedJob[]): Promise<readonly Imported[]>;
}

export function openJobTransfer({ partition, retention, now = Date.now }: JobTransferOptions): JobTransfer {
  return {
    export: () => exportJobs(partition),
    import: (jobs) => importJobs({ partition, retention, now: now() }, jobs),
  };
}
