import { Cluster } from 'ioredis';
import type { Partition } from '../client/partition.ts';

/** Lists that versions before the history kept for people to read: nothing reads them any more. */
const RETIRED = ['/events', '/events/status/handled', '/events/status/unhandled'];
const RETIRED_OF = ['/events/source/', '/events/type/'];

/**
 * Takes away the lists that an earlier version wrote, a little at a time and without holding Redis up.
 * @returns how many there were
 */
export async function removeRetiredIndexes({ connection, keys }: Partition): Promise<number> {
  const [marker = '', ...others] = RETIRED.map((list) => keys.prefix + list);
  if ((await connection.exists(marker)) === 0) return 0;
  let removed = await connection.unlink(...others);
  for (const start of RETIRED_OF) removed += await unlinkAll(connection, `${escaped(keys.prefix)}${start}*`);
  // The last, so that a process that dies before it is done begins again.
  return removed + (await connection.unlink(marker));
}

async function unlinkAll(connection: Partition['connection'], pattern: string): Promise<number> {
  let removed = 0;
  const nodes = connection instanceof Cluster ? connection.nodes('master') : [connection];
  for (const node of nodes)
    for (let cursor = '0'; ;) {
      const [next, found] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', 500);
      for (const key of found) removed += await connection.unlink(key);
      cursor = next;
      if (cursor === '0') break;
    }
  return removed;
}

/** A prefix is a name, and no pattern. */
function escaped(prefix: string): string {
  return prefix.replaceAll(/[*?[\]\\]/g, '\\$&');
}
