import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Partition } from '../client/partition.ts';
import { piecesOf } from './record.ts';

/** A body that went ahead, in so many pieces. */
export interface Staged {
  readonly token: string;
  readonly pieces: number;
}

/** What nobody takes goes away by itself. */
const STAGED_S = 300;

/** Sends a body ahead of the script that takes it, which says whether all of it was kept. */
export async function stageBody({ connection, keys }: Partition, body: Buffer): Promise<Staged> {
  const token = randomUUID();
  const staged = keys.staged(token);
  let pieces = 0;
  for (const [field, bytes] of piecesOf(body)) {
    pieces += 1;
    connection.hset(staged, field, bytes).catch(() => undefined);
    connection.expire(staged, STAGED_S).catch(() => undefined);
    // Copying all for the wire in one go would hold up everybody else of this process.
    await nextTurn();
  }
  return { token, pieces };
}
