import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';

/**
 * Where a tracked job is: where one of its id is put, else with the event whose handler enqueued it.
 * @returns undefined when it is nowhere. @throws Error when it may be where nobody answers
 */
export async function findJob(partitions: Partitions, id: string): Promise<Partition | undefined> {
  const likely = partitions.ofId(id);
  const others = partitions.all.filter((partition) => partition !== likely);
  if (others.length === 0) return likely;
  let failure: unknown;
  for (const those of [[likely], others]) {
    const answers = await Promise.allSettled(those.map((partition) => holds(partition, id)));
    const found = answers.findIndex((answer) => answer.status === 'fulfilled' && answer.value);
    if (found >= 0) return those[found];
    failure ??= answers.find((answer) => answer.status === 'rejected')?.reason;
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** @returns for each of these ids where it is already, of the partitions that answer */
export async function findKnownJobs(
  partitions: readonly Partition[],
  ids: readonly string[],
): Promise<ReadonlyMap<string, Partition>> {
  const found = new Map<string, Partition>();
  await Promise.allSettled(
    partitions.flatMap((partition) =>
      ids.map(async (id) => {
        if (await holds(partition, id)) found.set(id, partition);
      }),
    ),
  );
  return found;
}

async function holds({ connection, keys }: Partition, id: string): Promise<boolean> {
  return (await connection.exists(keys.job(id))) === 1;
}
