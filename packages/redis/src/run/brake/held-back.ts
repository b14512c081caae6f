import type { LeaseRef } from '../../bullmq/lease.ts';
import type { Partition } from '../../client/partition.ts';
import { retryWhileLoading } from '../../client/retry-while-loading.ts';
import { BRAKE } from './brakes.ts';

/** Whether a job waits for its handler: it is paused, or braked and has not let this job through. */
export async function isHeldBack(
  { connection, keys }: Partition,
  handler: string,
  { queue, jobId }: Pick<LeaseRef, 'queue' | 'jobId'>,
): Promise<boolean> {
  const [paused, braked] = await retryWhileLoading(() =>
    connection.hmget(keys.pausedHandlers, handler, `${BRAKE}${handler}`),
  );
  if (paused !== null || braked === null) return paused !== null;
  const passes = keys.brakePasses(handler);
  return (await retryWhileLoading(() => connection.hexists(passes, `${queue}|${jobId}`))) === 0;
}
