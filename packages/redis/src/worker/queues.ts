import { DEAD_LETTER_QUEUE, type Registry } from '@hookline/core';
import type { Queue } from 'bullmq';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { keepEventsShort } from '../bullmq/worker.ts';
import type { Partition } from '../client/partition.ts';
import type { WorkerOptions } from './options.ts';

/** Redis does nothing else while it runs a script. */
const MOST_MOVED = 500;

export function concurrencyOf(options: Pick<WorkerOptions, 'queues' | 'concurrency'>, queue: string): number {
  return options.queues[queue]?.concurrency ?? options.concurrency;
}

/** Makes the registry's queues known, with what is set for them over all workers of one partition. */
export async function prepareQueues(
  { registry, queues: settings, layout }: WorkerOptions,
  partition: Partition,
): Promise<Queue[]> {
  const { connection, prefix, keys } = partition;
  const queues = [...registry.queues].map((name) => openQuietQueue(name, connection, prefix));
  await connection.sadd(keys.queues, ...registry.queues, DEAD_LETTER_QUEUE);
  for (const name of [...registry.queues, DEAD_LETTER_QUEUE]) await keepEventsShort(partition, name);
  for (const queue of queues) {
    const { globalConcurrency, fair = false } = settings[queue.name] ?? {};
    const meta = keys.bullJob(queue.name, 'meta');
    await (fair ? connection.hset(meta, 'fair', 1) : endTurns(partition, queue.name));
    // Over several partitions permits keep it: BullMQ knows of one.
    if (globalConcurrency === undefined || layout.length > 1) await queue.removeGlobalConcurrency();
    else await queue.setGlobalConcurrency(globalConcurrency);
  }
  return queues;
}

/** Has a queue be as BullMQ's are, with what lies in it. */
async function endTurns(partition: Partition, queue: string): Promise<void> {
  await partition.connection.hdel(partition.keys.bullJob(queue, 'meta'), 'fair');
  while ((await partition.run('end-turns', { args: { queue, most: MOST_MOVED } })) > 0);
}

/** The registry's queues, and those that only an earlier deploy knew: their schedules have to go. */
export async function everyQueue(
  { connection, prefix, keys }: Partition,
  registry: Registry,
  own: readonly Queue[],
): Promise<readonly Queue[]> {
  const others = (await connection.smembers(keys.queues)).filter(
    (name) => !registry.queues.has(name) && name !== DEAD_LETTER_QUEUE,
  );
  return [...own, ...others.map((name) => openQuietQueue(name, connection, prefix))];
}

/** A queue with a limit over all workers may rightly give this one nothing. */
export function canaryQueues(options: WorkerOptions, queues: readonly Queue[]) {
  return queues
    .filter(({ name }) => {
      const { limiter, globalConcurrency } = options.queues[name] ?? {};
      return limiter === undefined && globalConcurrency === undefined;
    })
    .map((queue) => ({ queue, concurrency: concurrencyOf(options, queue.name) }));
}
