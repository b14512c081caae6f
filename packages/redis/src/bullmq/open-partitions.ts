import {
  basePrefixOf,
  partitionOfEvent,
  partitionOfId,
  type Layout,
  type Logger,
  type PartitionAddress,
} from '@hookline/core';
import { connect, type Connection, type Role } from '../client/connection.ts';
import { LayoutError, requireLayout } from '../client/kept-layout.ts';
import { namingRedis } from '../client/naming-redis.ts';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import { readyOrRefused } from '../client/refusal.ts';
import { reportConnection } from '../client/report-connection.ts';
import { createPartition } from './add-job.ts';

export interface OpenPartitions extends Partitions {
  /** Resolves when all of them can be asked, or that took too long. @throws RefusedError where one refuses us; LayoutError as below */
  ready(withinMs?: number): Promise<void>;
  /** @throws LayoutError when a Redis that answers has other partitions than these */
  requireLayout(): Promise<void>;
  /** Resolves when each of them answers. */
  ping(): Promise<void>;
  close(): void;
}

interface Opened extends PartitionAddress {
  readonly connection: Connection;
}

/**
 * Opens the partitions of a layout, over one connection for each Redis; who does not wait has on a cluster one for each
 * partition, to the node that has it.
 */
export function openPartitions(layout: Layout, role: Role, log: Logger): OpenPartitions {
  const opened: Opened[] = [];
  const connectionTo = ({ target, prefix }: PartitionAddress): Connection => {
    const isShared = role === 'worker' || target.kind !== 'cluster';
    const known = opened.find((other) => other.target === target && (isShared || other.prefix === prefix));
    if (known !== undefined) return known.connection;
    const connection = role === 'worker' ? connect(target, role) : connect(target, role, prefix);
    reportConnection(connection, namingRedis(log, layout, target, isShared ? undefined : prefix));
    opened.push({ target, prefix, connection });
    return connection;
  };
  const open = (address: PartitionAddress) =>
    createPartition(connectionTo(address), address.prefix, layout.length);
  const [home, ...others] = layout;
  const partitions = createPartitions([open(home), ...others.map(open)]);
  const needed = [...opened];
  const keepers = [...new Set(layout.map(({ target }) => target))].map((target) => ({
    target,
    base: open({ target, prefix: basePrefixOf(layout) }),
  }));

  async function requireKept(): Promise<void> {
    const looks = keepers.flatMap(({ target, base }) =>
      target.kind === 'cluster' || base.connection.status === 'ready'
        ? [requireLayout(base, layout, target, 'look')]
        : [],
    );
    const mistaken = (await Promise.allSettled(looks)).flatMap((look) =>
      look.status === 'rejected' && look.reason instanceof LayoutError ? [look.reason] : [],
    );
    if (mistaken[0] !== undefined) throw mistaken[0];
  }

  return {
    ...partitions,
    async ready(withinMs) {
      await Promise.all(needed.map(({ target, connection }) => readyOrRefused(connection, target, withinMs)));
      await requireKept();
    },
    requireLayout: requireKept,
    async ping() {
      await Promise.all(partitions.all.map((partition) => partition.ping()));
    },
    close() {
      for (const { connection } of opened) connection.disconnect();
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
