import type { Partition } from '../client/partition.ts';
import { runUntilDone } from '../client/script.ts';

/** Forgets events whose retention time is over. @returns how many */
export async function forgetExpired(partition: Partition, now: number): Promise<number> {
  let forgotten = 0;
  for (const list of [partition.keys.expiring, partition.keys.shed])
    forgotten += await runUntilDone(() => partition.run('forget-events', { keys: { list }, args: { now } }));
  return forgotten;
}
