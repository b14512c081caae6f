import type { Partition } from '../client/partition.ts';
import { runUntilDone } from '../client/script.ts';

/**
 * Forgets events whose retention time is over by Redis's clock.
 * @param ahead milliseconds that are added to that clock
 * @returns how many
 */
export async function forgetExpired(partition: Partition, ahead = 0): Promise<number> {
  let forgotten = 0;
  for (const list of [partition.keys.expiring, partition.keys.shed])
    forgotten += await runUntilDone(() =>
      partition.run('forget-events', { keys: { list }, args: { ahead } }),
    );
  return forgotten;
}
