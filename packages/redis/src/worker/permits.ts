import type { Logger } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import type { LockKeeper, LockThread } from '../bullmq/lock-keeper.ts';
import { Permits } from '../bullmq/permits.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import { connect } from '../client/connection.ts';
import type { WorkerOptions } from './options.ts';
import { concurrencyOf } from './queues.ts';

/** The permits of the queues that have limits over all workers; of one partition BullMQ itself keeps them. */
export function openPermits(
  options: WorkerOptions,
  { process, thread }: { readonly process: string; readonly thread: LockThread },
): { of(queue: string): Permits | undefined; stop(): Promise<void> } {
  const { layout, queues, registry, log } = options;
  const limited = [...registry.queues].flatMap((queue) => {
    const { limiter, globalConcurrency } = queues[queue] ?? {};
    return limiter === undefined && globalConcurrency === undefined
      ? []
      : [{ queue, limits: { limiter, globalConcurrency } }];
  });
  if (layout.length === 1 || limited.length === 0)
    return { of: () => undefined, stop: () => Promise.resolve() };
  const connection = connect(layout[0].target, 'producer', layout[0].prefix);
  // Who works with the same Redis tells of it.
  connection.on('error', () => undefined);
  const home = createPartition(connection, layout[0].prefix);
  const keeper: LockKeeper = thread.keeperOf(layout[0], connection);
  const permits = new Map(
    limited.map(({ queue, limits }) => [
      queue,
      new Permits({
        queue,
        limits,
        home,
        keeper,
        most: concurrencyOf(options, queue),
        process,
        kept: LOCK_MS,
        onError: (error) => tell(log, queue, error),
      }),
    ]),
  );
  return {
    of: (queue) => permits.get(queue),
    async stop() {
      await Promise.all([...permits.values()].map((each) => each.stop()));
      keeper.stop();
      connection.disconnect();
    },
  };
}

function tell(log: Logger, queue: string, error: Error): void {
  log.debug('permits', { queue, error: error.message });
}
