import type { Partition } from '../client/partition.ts';
import { runUntilDone } from '../client/script.ts';

/**
 * Forgets tracked jobs whose retention time is over by Redis's clock.
 * @param ahead milliseconds that are added to that clock
 * @returns how many
 */
export async function forgetJobs(partition: Partition, ahead = 0): Promise<number> {
  const expiring = partition.keys.jobsExpiring;
  return runUntilDone(() => partition.run('forget-jobs', { keys: { expiring }, args: { ahead } }));
}
