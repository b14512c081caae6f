import type { Partition } from '../../client/partition.ts';

/** How many jobs waited in each queue at one moment. */
export interface QueueDepths {
  /** By Redis's clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly waiting: Readonly<Record<string, number>>;
}

const MOST_KEPT = 20;

/** The newest first. */
export async function readDepths({ connection, keys }: Partition): Promise<readonly QueueDepths[]> {
  const texts = await connection.lrange(keys.queueDepths, 0, MOST_KEPT - 1);
  return texts.map((text) => JSON.parse(text) as QueueDepths);
}

/** Two processes may note the same moment: who reads it takes no harm. */
export async function noteDepths({ connection, keys }: Partition, depths: QueueDepths): Promise<void> {
  await connection
    .multi()
    .lpush(keys.queueDepths, JSON.stringify(depths))
    .ltrim(keys.queueDepths, 0, MOST_KEPT - 1)
    .exec();
}

/** How many jobs wait in each of these queues; those that wait for nothing. */
export async function waitingIn(
  { connection, keys }: Partition,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = queues.map(async (queue): Promise<readonly [string, number]> => {
    const [inTurn, prioritized] = await Promise.all([
      connection.llen(keys.bullJob(queue, 'wait')),
      connection.zcard(keys.bullJob(queue, 'prioritized')),
    ]);
    return [queue, inTurn + prioritized];
  });
  return new Map(await Promise.all(counts));
}

/** When the jobs were made that each of these queues hands out next; of those that wait for nothing. */
export async function oldestWaiting(
  { connection, keys }: Partition,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all(
    queues.map(async (queue): Promise<readonly [string, number] | undefined> => {
      const [waiting, prioritized] = await Promise.all([
        connection.lrange(keys.bullJob(queue, 'wait'), -1, -1),
        connection.zrange(keys.bullJob(queue, 'prioritized'), '0', '0'),
      ]);
      const ids = [...waiting, ...prioritized];
      const times = await Promise.all(ids.map((id) => connection.hget(keys.bullJob(queue, id), 'timestamp')));
      const made = times.filter((time) => time !== null).map(Number);
      return made.length === 0 ? undefined : [queue, Math.min(...made)];
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}
