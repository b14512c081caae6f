import type { Layout, Logger, Meter } from '@hookline/core';
import { openPartitions, type OpenPartitions } from '../bullmq/open-partitions.ts';
import type { Connection } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import { FIRST_CONNECT_MS } from '../client/refusal.ts';
import { listStatuses, type ProcessStatus } from '../fleet/heartbeat.ts';
import { appendfsyncOf, countsOf } from '../operators/counts.ts';
import { isFuller, nodesOf, weakestSetting, type CountedPartition } from './nodes.ts';
import { sumOf } from './sums.ts';
import type { System, SystemState } from './system-state.ts';
import { publishCounts } from './system-metrics.ts';

/**
 * Opens a look at everything in Redis, for operators. Fails fast; works before Redis is there.
 * @throws RefusedError when Redis can be reached and refuses us; LayoutError when it has other partitions than these
 */
export async function openSystem({
  layout,
  log,
  meter,
}: {
  readonly layout: Layout;
  readonly log: Logger;
  /** Publishes the counts. Only one process of an installation should, or they are counted twice. */
  readonly meter?: Meter;
}): Promise<System> {
  const partitions = openPartitions(layout, 'producer', log);
  try {
    await partitions.ready(FIRST_CONNECT_MS);
  } catch (error) {
    partitions.close();
    throw error;
  }
  let reading: Promise<SystemState> | undefined;
  const system: System = {
    read: () => (reading ??= readKept(layout, partitions).finally(() => (reading = undefined))),
    close: () => partitions.close(),
  };
  if (meter !== undefined) publishCounts(meter, system, partitions);
  return system;
}

async function readKept(layout: Layout, partitions: OpenPartitions): Promise<SystemState> {
  const [state] = await Promise.all([readAll(layout, partitions), partitions.requireLayout()]);
  return state;
}

async function readAll(layout: Layout, partitions: Partitions): Promise<SystemState> {
  const settings = new Map<Connection, Promise<string>>();
  const settingOf = (partition: Partition) => {
    const asked = settings.get(partition.connection) ?? appendfsyncOf(partition);
    settings.set(partition.connection, asked);
    return asked;
  };
  const [processes, ...asked] = await Promise.allSettled([
    statusesIn(partitions),
    ...partitions.all.map(async (partition, number): Promise<CountedPartition> => {
      const [counts, appendfsync] = await Promise.all([countsOf(partition), settingOf(partition)]);
      return { number, address: layout[number] ?? layout[0], counts, appendfsync };
    }),
  ]);
  const [first, ...others] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = [processes, ...asked].find((each) => each.status === 'rejected');
  if (first === undefined || processes.status === 'rejected') throw failed?.reason;
  const nodes = nodesOf([first, ...others]);
  const { memory } = nodes.reduce((fullest, node) => (isFuller(node, fullest) ? node : fullest));
  return {
    ...sumOf([first, ...others]),
    memory,
    appendfsync: weakestSetting(nodes),
    nodes,
    away: asked.flatMap((each, number) => (each.status === 'rejected' ? [number] : [])),
    processes: processes.value,
  };
}

/** Those at home; while it is away, those that another partition knows of: workers announce themselves in all. */
async function statusesIn({ home, all: [, ...others] }: Partitions): Promise<readonly ProcessStatus[]> {
  try {
    return await listStatuses(home);
  } catch (error) {
    return Promise.any(others.map(listStatuses)).catch(() => {
      throw error;
    });
  }
}
