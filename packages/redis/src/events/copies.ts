import type { Partition } from '../client/partition.ts';

/** How often an event came again and was answered as known. */
export interface Copies {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
}

/** @param noted as copies.lua has it @returns `undefined` when it never came again */
export function copiesFrom(noted: string | undefined): Copies | undefined {
  const [, count, lastAt] = /^(\d+)\|(\d+)$/.exec(noted ?? '') ?? [];
  return count === undefined ? undefined : { count: Number(count), lastAt: Number(lastAt) };
}

/** Of an event that Redis has given up, as long as its id is known. */
export async function copiesOfKnown(
  { connection, keys }: Partition,
  id: string,
): Promise<Copies | undefined> {
  return copiesFrom((await connection.get(keys.known(id))) ?? undefined);
}
