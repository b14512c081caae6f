import type { Partitions } from '../client/partitions.ts';
import * as depths from '../operators/alerts/depths.ts';
import { answersOf, atHome } from './ask.ts';
import { merged } from './merged.ts';

/** How many jobs waited in each queue of late, in all partitions; the newest first. */
export const readDepths = atHome(depths.readDepths);

/** Two processes may note the same moment: who reads it takes no harm. */
export const noteDepths = atHome(depths.noteDepths);

/** How many jobs wait in each of these queues; those that wait for nothing. */
export async function waitingIn(
  partitions: Partitions,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = await answersOf(partitions, (partition) => depths.waitingIn(partition, queues));
  return merged(counts, (one, other) => one + other);
}

/** When the jobs were made that each of these queues hands out next; of those that wait for nothing. */
export async function oldestWaiting(
  partitions: Partitions,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const times = await answersOf(partitions, (partition) => depths.oldestWaiting(partition, queues));
  return merged(times, Math.min);
}
