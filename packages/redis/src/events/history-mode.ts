import type { Partition } from '../client/partition.ts';

/** Says whether a history is kept from now on: nothing that is not recorded yet is given up then. */
export async function setHistoryMode({ connection, keys }: Partition, mode: 'on' | 'off'): Promise<void> {
  await connection.set(keys.history, mode);
  if (mode === 'off') await connection.del(keys.recordedOnce);
}

/** Whether somebody records the history, or is to. */
export async function isRecorded({ connection, keys }: Partition): Promise<boolean> {
  return (await connection.get(keys.history)) === 'on';
}
