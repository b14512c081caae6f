import { basePrefixOf, layoutOf, type Layout } from '@hookline/core';
import { createPartition } from '../../bullmq/add-job.ts';
import { shownAddress } from '../../client/shown-address.ts';
import { countsOf } from '../../operators/counts.ts';
import { withNodes } from './connected.ts';
import type { Node } from './kept.ts';

/** One partition that there is, or will be, and how much lies in it. */
export interface PartitionOverview {
  readonly number: number;
  readonly prefix: string;
  /** Where it is, without user and password. */
  readonly address: string;
  /** Events that are not settled, dead ones among them. */
  readonly open: number;
  /** Settled ones that Redis holds still. */
  readonly settled: number;
  /** Jobs that wait, or run. */
  readonly jobs: number;
}

/** How many partitions there are, whatever is asked for. */
export interface LayoutOverview {
  readonly count: number;
  readonly nodes: number;
  /** How many there will be, while that is being changed; and how far it is. */
  readonly next: number | undefined;
  readonly step: string | undefined;
  readonly partitions: readonly PartitionOverview[];
  /** The same of those that there will be. */
  readonly coming: readonly PartitionOverview[];
}

/** @throws Error that says which Redis cannot be reached */
export function readLayout(layout: Layout): Promise<LayoutOverview> {
  return withNodes(layout, async (nodes) => {
    const [home] = nodes;
    if (home === undefined) throw new Error('a layout has a first Redis');
    const { count, nodes: nodeCount, next } = home.kept;
    const of = (partitions: number, some: readonly Node[]) => {
      const [first, ...more] = some.map(({ target }) => target);
      return layoutOf([first ?? home.target, ...more], basePrefixOf(layout), partitions);
    };
    const overview = (addresses: Layout) =>
      Promise.all(addresses.map((address, number) => look(nodes, address, number)));
    return {
      count,
      nodes: nodeCount,
      next,
      step: home.fields['step'],
      partitions: await overview(of(count, nodes.slice(0, nodeCount))),
      coming: next === undefined ? [] : await overview(of(next, nodes)),
    };
  });
}

async function look(
  nodes: readonly Node[],
  { target, prefix }: Layout[0],
  number: number,
): Promise<PartitionOverview> {
  const node = nodes.find((each) => each.target === target) ?? nodes[0];
  if (node === undefined) throw new Error('a partition has no Redis');
  const { events, queues } = await countsOf(createPartition(node.base.connection, prefix));
  const { settled, received, queued, dispatched, dead } = events;
  return {
    number,
    prefix,
    address: shownAddress(target),
    open: received + queued + dispatched + dead,
    settled,
    jobs: queues.reduce(
      (sum, { waiting, prioritized, active, delayed }) => sum + waiting + prioritized + active + delayed,
      0,
    ),
  };
}
