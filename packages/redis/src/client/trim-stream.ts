import type { Revision } from '@hookline/core';
import type { Connection } from './connection.ts';

/** Forgets the entries of a stream up to this place, itself among them. */
export async function trimStream(connection: Connection, stream: string, upTo: Revision): Promise<void> {
  const [ms = '0', count = '0'] = upTo.split('-');
  await connection.xtrim(stream, 'MINID', `${ms}-${BigInt(count) + 1n}`);
}
