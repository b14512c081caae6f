import type { Partition } from '../client/partition.ts';

/** A longer list is not held in memory for this: its queue is looked at again when it is shorter. */
const LONGEST_LIST = 20_000;
const CHUNK = 1_000;
const STEPS = 10;

/**
 * Counts jobs that BullMQ holds but no list names, and that nothing of ours will queue anew: leftovers of a crash of
 * Redis or of a hand in it. They are reported and not removed, because nobody knows what they are.
 * Goes through the keys a few steps at a time.
 * @returns how many the last whole pass found, after each step; `undefined` before the first is through
 */
export function createUnlistedCount(partition: Partition, age: number): () => Promise<number | undefined> {
  const pattern = `${partition.keys.bullJob('*', '*').replace(partition.keys.prefix, partition.keys.prefix.replaceAll(/[?*[\]\\]/g, '\\$&'))}`;
  let cursor = '0';
  let counted = 0;
  let lastCount: number | undefined;
  let listed = new Map<string, ReadonlySet<string> | undefined>();

  async function entriesOf(list: string, length: number): Promise<readonly string[]> {
    const entries: string[] = [];
    // Beyond its length of a moment ago, for what was put in front since.
    for (let start = 0; start <= length; start += CHUNK)
      entries.push(...(await partition.connection.lrange(list, start, start + CHUNK - 1)));
    return entries;
  }

  /** @returns undefined where the lists are too long to tell */
  async function listedIn(queue: string): Promise<ReadonlySet<string> | undefined> {
    if (listed.has(queue)) return listed.get(queue);
    const lists = ['wait', 'active', 'paused'].map((list) => partition.keys.bullJob(queue, list));
    const lengths = await Promise.all(lists.map((list) => partition.connection.llen(list)));
    const isShort = lengths.reduce((sum, length) => sum + length, 0) <= LONGEST_LIST;
    const ids = isShort
      ? new Set((await Promise.all(lists.map((list, at) => entriesOf(list, lengths[at] ?? 0)))).flat())
      : undefined;
    listed.set(queue, ids);
    return ids;
  }

  return async () => {
    // Lists change: what was not in them a step ago may have come back since.
    listed = new Map();
    for (let step = 0; step < STEPS; step += 1) {
      const reply = await partition.run('scan-jobs', {
        keys: { queues: partition.keys.queues },
        args: { cursor, pattern, age },
      });
      const [next, found] = reply as [Buffer, Buffer[][]];
      for (const [queue, jobId] of found) {
        const ids = await listedIn(String(queue));
        if (ids !== undefined && !ids.has(String(jobId))) counted += 1;
      }
      cursor = String(next);
      if (cursor === '0') {
        lastCount = counted;
        counted = 0;
        break;
      }
    }
    return lastCount;
  };
}
