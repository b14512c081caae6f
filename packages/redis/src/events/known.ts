import type { Partition } from '../client/partition.ts';

/** Whether an event was settled and recorded, so that Redis only knows its id. */
export async function isKnown({ connection, keys }: Partition, id: string): Promise<boolean> {
  return (await connection.exists(keys.known(id))) === 1;
}
