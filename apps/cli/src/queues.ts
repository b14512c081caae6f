import { actDone, NO_LOG } from '@hookline/core';
import { turnQueue } from '@hookline/operations';
import { openSystem, type QueueDepth } from '@hookline/redis';
import type { CliConfig } from './config.ts';
import { withQueues } from './with-queues.ts';

export async function readQueues({ layout }: CliConfig): Promise<readonly QueueDepth[]> {
  const system = await openSystem({ layout, log: NO_LOG });
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
export function pauseOrResume(
  config: CliConfig,
  name: string,
  how: 'pause' | 'resume',
  { by: actor, reason }: { readonly by: string; readonly reason: string | undefined },
): Promise<boolean> {
  return withQueues(config, async (queues) => {
    const queue = (await queues.list()).find((each) => each.name === name);
    if (queue === undefined) return false;
    await turnQueue(queue, how);
    await queues.note(actDone(actor, `queue.${how}`, name, reason));
    return true;
  });
}
