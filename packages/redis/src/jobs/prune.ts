import type { Partition } from '../client/partition.ts';
import { runUntilDone } from '../client/script.ts';

/** Forgets tracked jobs whose retention time is over. @returns how many */
export async function forgetJobs(partition: Partition, now: number): Promise<number> {
  const expiring = partition.keys.jobsExpiring;
  return runUntilDone(() => partition.run('forget-jobs', { keys: { expiring }, args: { now } }));
}
