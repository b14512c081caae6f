import { basePrefixOf, NO_LOG, type Layout, type Logger, type Meter, type RedisTarget } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { connect, type Connection } from '../client/connection.ts';
import { LayoutError, requireLayout } from '../client/kept-layout.ts';
import { namingRedis } from '../client/naming-redis.ts';
import type { Partition } from '../client/partition.ts';
import { reportConnection } from '../client/report-connection.ts';
import { UnfitServerError } from '../client/server-facts.ts';
import { shownAddress } from '../client/shown-address.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { openGate, type Gate } from '../gate/gate.ts';
import { worstOf } from './worst-of.ts';

/** A partition and what stands in front of it. */
export interface GatedPartition {
  readonly partition: Partition;
  readonly gate: Gate;
  readonly target: RedisTarget;
  /** Partitions of one server are away together. */
  readonly server: number;
}

export interface GateSettings {
  readonly ack: AckLevel;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Tells only whether Redis can be reached: who else has a gate there says the rest. */
  readonly quiet?: boolean;
}

type OpenGated = readonly [GatedPartition, ...GatedPartition[]];

/**
 * Opens every partition of a layout for who fails fast, with a gate each, all at once. Of a cluster each has a connection
 * to the node that has its keys; of other Redis, the partitions share one.
 * @throws UnfitServerError when a Redis can be reached and may not hold work, or not as durably as asked
 */
export async function openGated(
  layout: Layout,
  { ack, log, meter, now, quiet = false }: GateSettings,
): Promise<OpenGated> {
  const servers: { readonly target: RedisTarget; readonly connection: Connection }[] = [];
  const several = new Set(layout.map(({ target }) => target)).size > 1;
  const gauges = worstOf(meter);
  const base = basePrefixOf(layout);
  let baseConnection: Connection | undefined;

  /** Where the layout is kept. The node of a cluster that has it need not be one that has a partition. */
  function baseOn(connection: Connection, target: RedisTarget): Partition {
    if (target.kind !== 'cluster' || layout.length === 1) return createPartition(connection, base);
    if (baseConnection === undefined) {
      baseConnection = connect(target, 'producer', base);
      reportConnection(baseConnection, namingRedis(log, layout, target));
    }
    return createPartition(baseConnection, base);
  }

  async function open({ target, prefix }: Layout[0]) {
    const known = servers.findIndex((server) => target.kind !== 'cluster' && server.target === target);
    const server = known < 0 ? servers.length : known;
    const said = namingRedis(log, layout, target, prefix);
    if (known < 0) {
      const connection = connect(target, 'producer', prefix);
      reportConnection(connection, said);
      servers.push({ target, connection });
    }
    const connection = servers[server]?.connection ?? connect(target, 'producer', prefix);
    const partition = createPartition(connection, prefix, layout.length);
    const keeper = baseOn(connection, target);
    // What is to be said of a server is said once.
    const options = {
      partition,
      target,
      ack,
      log: known < 0 && !quiet ? said : NO_LOG,
      meter: gauges,
      now,
      layout: {
        require: () => requireLayout(keeper, layout, target, 'claim'),
        close: () => baseConnection?.disconnect(),
      },
    };
    const gate = await openGate(options).catch((error: unknown) => {
      throw several && error instanceof UnfitServerError ? unfit(error, target) : error;
    });
    return { partition, gate, target, server };
  }

  const opening = layout.map(open);
  try {
    const [home, ...others] = await Promise.all(opening);
    if (home === undefined) throw new Error('a layout has a first partition');
    return [home, ...others];
  } catch (error) {
    for (const opened of await Promise.allSettled(opening))
      if (opened.status === 'fulfilled') opened.value.gate.close();
    for (const { connection } of servers) connection.disconnect();
    baseConnection?.disconnect();
    throw error;
  }
}

function unfit(error: UnfitServerError, target: RedisTarget): UnfitServerError {
  const reason = `${shownAddress(target)}: ${error.message}`;
  return error instanceof LayoutError ? new LayoutError(reason) : new UnfitServerError(reason);
}
