import {
  DEAD_LETTER_QUEUE,
  DEFAULT_QUEUE,
  type Logger,
  type OperatorAct,
  type RedisTarget,
} from '@hookline/core';
import type { Queue } from 'bullmq';
import { connect } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import { createPartition, openQuietQueue } from '../bullmq/add-job.ts';
import { noteAct } from '../events/notes.ts';
import { reportConnection } from '../client/report-connection.ts';

/** Every queue there is, for people who look at them. */
export interface OpenQueues {
  /** What they lie in. */
  readonly partition: Partition;
  /** The queues known by now: the default one and the dead letters, then the workers' own by name. */
  list(): Promise<readonly Queue[]>;
  /** Writes down what an operator did to one of them. */
  note(act: OperatorAct): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the queues for reading and for an operator's commands. Fails fast; does not wait for Redis. */
export async function openQueues({
  target,
  prefix,
  log,
}: {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly log: Logger;
}): Promise<OpenQueues> {
  const connection = connect(target, 'producer');
  const partition = createPartition(connection, prefix);
  const open = new Map<string, Queue>();
  reportConnection(connection, log);

  return {
    partition,
    async list() {
      const registered = (await connection.smembers(partition.keys.queues)).toSorted();
      for (const name of [DEFAULT_QUEUE, DEAD_LETTER_QUEUE, ...registered]) {
        if (!open.has(name)) open.set(name, openQuietQueue(name, connection, prefix));
      }
      return [...open.values()];
    },
    note: (act) => noteAct(partition, act),
    async ping() {
      await connection.ping();
    },
    async close() {
      connection.disconnect();
    },
  };
}
