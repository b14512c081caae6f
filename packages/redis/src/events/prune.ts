import type { Partition } from '../client/partition.ts';
import { runUntilDone } from '../client/script.ts';
import { isRecorded } from './history-mode.ts';

/**
 * Forgets events whose retention time is over by Redis's clock; where a history is kept, none: they are given up once they
 * are recorded, and never before.
 * @param ahead milliseconds that are added to that clock
 * @returns how many
 */
export async function forgetExpired(partition: Partition, ahead = 0): Promise<number> {
  if (await isRecorded(partition)) return 0;
  let forgotten = 0;
  for (const list of [partition.keys.expiring, partition.keys.shed])
    forgotten += await runUntilDone(() =>
      partition.run('forget-events', { keys: { list }, args: { ahead } }),
    );
  return forgotten;
}

/** Changes that nobody has asked for: more of them are no use. */
const MOST_UNREAD = 1_000_000;

/** Keeps the stream of changes from growing for ever where nobody records the history. */
export async function trimChanges({ connection, keys }: Partition): Promise<void> {
  const mode = await connection.get(keys.history);
  if (mode === 'on') return;
  const most = mode === 'off' ? 0 : MOST_UNREAD;
  // Redis cuts 10,000 entries at most at a time, so that nobody waits for it.
  await runUntilDone(() => connection.xtrim(keys.changes, 'MAXLEN', '~', most));
}
