import { NO_LOG } from '@hookline/core';
import { openQueues, openSystem, readyOrRefused, type QueueDepth } from '@hookline/redis';
import type { CliConfig } from './config.ts';

/** Who asks has talked to Redis a moment ago. */
const REDIS_DEADLINE_MS = 5_000;

export async function readQueues({ redis, prefix }: CliConfig): Promise<readonly QueueDepth[]> {
  const system = await openSystem({ target: redis, prefix, log: NO_LOG });
  try {
    return (await system.read()).queues;
  } finally {
    system.close();
  }
}

/**
 * Stops a queue from giving out jobs, or lets it go on, and writes down who did so. What runs already runs to its end.
 * @returns false when there is no such queue
 */
export async function turnQueue(
  { redis, prefix }: CliConfig,
  name: string,
  how: 'pause' | 'resume',
  act: { readonly by: string; readonly reason: string | undefined },
): Promise<boolean> {
  const queues = await openQueues({ target: redis, prefix, log: NO_LOG });
  try {
    await readyOrRefused(queues.partition.connection, redis, REDIS_DEADLINE_MS);
    const queue = (await queues.list()).find((each) => each.name === name);
    if (queue === undefined) return false;
    await (how === 'pause' ? queue.pause() : queue.resume());
    const { by: actor, reason } = act;
    await queues.note({
      actor,
      action: `queue.${how}`,
      target: name,
      outcome: 'done',
      ...(reason === undefined ? {} : { detail: reason }),
    });
    return true;
  } finally {
    await queues.close();
  }
}
