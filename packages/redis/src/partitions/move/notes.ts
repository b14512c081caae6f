import type { Revision } from '@hookline/core';
import { trimStream } from '../../client/trim-stream.ts';
import { PIECE, type Carrier } from './carry.ts';
import { isSame, isStaying, type Side } from './sides.ts';

/** Moves what is to be recorded home, where it is put in order once all of it is there. */
export async function moveNotes({ sides }: Carrier, source: Side, key: string): Promise<number> {
  const { connection, prefix } = source.partition;
  const [home] = sides.to;
  const moved = home.partition.keys.movingNotes(key.slice(prefix.length + 1));
  let count = 0;
  for (let from = '-'; ;) {
    const entries = await connection.xrange(key, from, '+', 'COUNT', PIECE);
    const rows = entries.flatMap(([id, [field = '', text = '']]) => [
      Number(id.split('-')[0]),
      `${id} ${prefix} ${field} ${text}`,
    ]);
    if (rows.length > 0) await home.partition.connection.zadd(moved, ...rows);
    count += entries.length;
    const last = entries.at(-1)?.[0];
    if (last === undefined) break;
    from = `(${last}`;
  }
  await connection.unlink(key);
  return isSame(home, source) ? 0 : count;
}

/**
 * Moves what was told of attempts and nobody has recorded yet home: that stands nowhere else. Which events have changed need
 * not be told: where they come to, everything is recorded anew. What is told twice is recorded once.
 */
export async function moveChanges({ sides }: Carrier, source: Side, key: string): Promise<number> {
  const [home] = sides.to;
  if (isSame(home, source)) return 0;
  const { connection } = source.partition;
  let moved = 0;
  for (;;) {
    const entries = await connection.xrange(key, '-', '+', 'COUNT', PIECE);
    const last = entries.at(-1)?.[0];
    if (last === undefined) break;
    const told = entries.flatMap(([, fields]) => attemptsIn(fields));
    if (told.length > 0) {
      const fields = told.flatMap((text) => ['attempt', text]);
      await home.partition.connection.xadd(home.partition.keys.changes, '*', ...fields);
    }
    await trimStream(connection, key, last as Revision);
    moved += told.length;
  }
  if (!isStaying(sides, source)) await connection.unlink(key);
  return moved;
}

function attemptsIn(fields: readonly string[]): readonly string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === 'attempt');
}
