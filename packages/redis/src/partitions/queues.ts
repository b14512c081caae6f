import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE, type Layout, type Logger, type OperatorAct } from '@hookline/core';
import type { Queue } from 'bullmq';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { openPartitions, type OpenPartitions } from '../bullmq/open-partitions.ts';
import type { Partition } from '../client/partition.ts';
import { noteAct } from '../events/notes.ts';
import { answersOf } from './ask.ts';

/** One queue, as people see it. */
export interface QueueGroup {
  readonly name: string;
  /** BullMQ's queues of this name, by partition. */
  readonly all: readonly [Queue, ...Queue[]];
}

/** Every queue there is, for people who look at them. */
export interface OpenQueues {
  /** What they lie in. */
  readonly partitions: OpenPartitions;
  /** The queues known by now: the default one and the dead letters, then the workers' own by name. @throws LayoutError when there are other partitions than these */
  list(): Promise<readonly QueueGroup[]>;
  /** Writes down what an operator did to one of them. */
  note(act: OperatorAct): Promise<void>;
  /** Resolves when one of the partitions answers: what lies in it can be looked at. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the queues for reading and for an operator's commands. Fails fast; does not wait for Redis. */
export async function openQueues({
  layout,
  log,
}: {
  readonly layout: Layout;
  readonly log: Logger;
}): Promise<OpenQueues> {
  const partitions = openPartitions(layout, 'producer', log);
  const open = new Map<string, QueueGroup>();
  const { home, all } = partitions;

  function groupOf(name: string): QueueGroup {
    const queueIn = ({ connection, prefix }: Partition) => openQuietQueue(name, connection, prefix);
    const [, ...others] = all;
    return { name, all: [queueIn(home), ...others.map(queueIn)] };
  }

  return {
    partitions,
    async list() {
      const [names] = await Promise.all([
        answersOf(partitions, ({ connection, keys }) => connection.smembers(keys.queues)),
        partitions.requireLayout(),
      ]);
      const registered = [...new Set(names.flat())].toSorted();
      for (const name of [DEFAULT_QUEUE, DEAD_LETTER_QUEUE, ...registered])
        if (!open.has(name)) open.set(name, groupOf(name));
      return [...open.values()];
    },
    note: (act) => noteAct(home, act),
    async ping() {
      await answersOf(partitions, (partition) => partition.ping());
    },
    async close() {
      partitions.close();
    },
  };
}
