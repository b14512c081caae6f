import { explain } from '@hookline/core';
import type { QueueGroup } from '@hookline/redis';

/**
 * Stops a queue from giving out jobs, in all partitions, or lets it go on there. What runs already runs to its end.
 * @throws Error that says where it could not be done: in the others it is, and asking again completes it
 */
export async function turnQueue({ name, all }: QueueGroup, how: 'pause' | 'resume'): Promise<void> {
  const done = await Promise.allSettled(all.map((queue) => queue[how]()));
  const failed = done.flatMap((each, number) =>
    each.status === 'rejected' ? [{ number, reason: each.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first === undefined) return;
  if (all.length === 1) throw first.reason;
  const where = failed.map(({ number }) => number).join(', ');
  throw new Error(
    `the queue ${name} is ${how}d in ${all.length - failed.length} of ${all.length} partitions; ask again once the others (${where}) are back: ${explain(first.reason)}`,
    { cause: first.reason },
  );
}
