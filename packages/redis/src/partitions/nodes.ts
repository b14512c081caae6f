import type { PartitionAddress, RedisTarget } from '@hookline/core';
import { shownAddress } from '../client/shown-address.ts';
import type { CountedServer, PartitionCounts, RedisMemory } from '../operators/counts.ts';

/** What was read of one partition. */
export interface CountedPartition {
  readonly number: number;
  readonly address: PartitionAddress;
  readonly counts: PartitionCounts;
  /** As its Redis says, where it has an append-only file or not. */
  readonly appendfsync: string;
}

/** A Redis that holds partitions: a server of its own, or one node of a cluster. */
export interface RedisNode {
  /** Where it is, without user and password. */
  readonly address: string;
  /** Those that it holds, by number. */
  readonly partitions: readonly number[];
  readonly memory: RedisMemory;
  /** `always`, `everysec`, `no`; `off` without an append-only file, `unknown` where Redis does not tell. */
  readonly appendfsync: string;
  /** Where it tells. */
  readonly version: string | undefined;
}

/** The servers behind partitions, each once, in the partitions' order. */
export function nodesOf(
  counted: readonly [CountedPartition, ...CountedPartition[]],
): readonly [RedisNode, ...RedisNode[]] {
  const byServer = new Map<string | RedisTarget, RedisNode>();
  for (const { number, address, counts, appendfsync } of counted) {
    const { server } = counts;
    // Two ways to name one server, and the nodes of a cluster, are told apart by what each says of itself.
    const which = server.runId ?? address.target;
    const known = byServer.get(which);
    byServer.set(which, {
      address: known?.address ?? addressOf(address.target, server),
      partitions: [...(known?.partitions ?? []), number],
      memory: server.memory,
      appendfsync: server.persists ? appendfsync : 'off',
      version: server.version,
    });
  }
  return [...byServer.values()] as [RedisNode, ...RedisNode[]];
}

function addressOf(target: RedisTarget, { port }: CountedServer): string {
  const address = shownAddress(target);
  return target.kind === 'cluster' && port !== undefined ? `the node on port ${port} of ${address}` : address;
}

/** Whether a Redis has less room left than another. */
export function isFuller({ memory }: RedisNode, { memory: other }: RedisNode): boolean {
  return memory.ratio === other.ratio ? memory.used > other.used : memory.ratio > other.ratio;
}

const BY_STRENGTH = ['off', 'no', 'unknown', 'everysec', 'always'];

/** The setting of the Redis that keeps the least through a crash. */
export function weakestSetting(nodes: readonly [RedisNode, ...RedisNode[]]): string {
  const strengthOf = ({ appendfsync }: RedisNode) => BY_STRENGTH.indexOf(appendfsync);
  return nodes.reduce((weakest, node) => (strengthOf(node) < strengthOf(weakest) ? node : weakest))
    .appendfsync;
}
