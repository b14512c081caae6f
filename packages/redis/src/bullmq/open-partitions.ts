import { partitionOfEvent, partitionOfId, type Layout, type Logger, type RedisTarget } from '@hookline/core';
import { connect, type Connection, type Role } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import { readyOrRefused } from '../client/refusal.ts';
import { reportConnection } from '../client/report-connection.ts';
import { createPartition } from './add-job.ts';

export interface OpenPartitions extends Partitions {
  /** Resolves when all of them can be asked. @throws RefusedError where one refuses us; Error where one is away for longer */
  ready(withinMs?: number): Promise<void>;
  /** Resolves when each of them answers. */
  ping(): Promise<void>;
  close(): void;
}

/** Opens the partitions of a layout, over one connection for each Redis. */
export function openPartitions(layout: Layout, role: Role, log: Logger): OpenPartitions {
  const connections = new Map<RedisTarget, Connection>();
  const connectionTo = (target: RedisTarget): Connection => {
    const known = connections.get(target);
    if (known !== undefined) return known;
    const connection = connect(target, role);
    reportConnection(connection, log);
    connections.set(target, connection);
    return connection;
  };
  const [home, ...others] = layout;
  const open = ({ target, prefix }: Layout[0]) => createPartition(connectionTo(target), prefix);
  return {
    ...createPartitions([open(home), ...others.map(open)]),
    async ready(withinMs) {
      await Promise.all(
        [...connections].map(([target, connection]) => readyOrRefused(connection, target, withinMs)),
      );
    },
    async ping() {
      await Promise.all([...connections.values()].map((connection) => connection.ping()));
    },
    close() {
      for (const connection of connections.values()) connection.disconnect();
    },
  };
}

/** @param all by number, all of the installation's */
export function createPartitions(all: readonly [Partition, ...Partition[]]): Partitions {
  const [home] = all;
  const at = (index: number) => all[index] ?? home;
  return {
    all,
    home,
    ofEvent: (event) => at(partitionOfEvent(event, all.length)),
    ofId: (id) => at(partitionOfId(id, all.length)),
  };
}
