import type { ProcessStatus } from '../fleet/heartbeat.ts';
import type { PartitionCounts } from '../operators/counts.ts';
import type { RedisNode } from './nodes.ts';

/** Everything that stands in Redis, at one moment: in all partitions that answer. */
export interface SystemState extends Omit<PartitionCounts, 'server'> {
  /** Of the Redis that is the fullest. */
  readonly memory: RedisNode['memory'];
  /** Of the Redis that keeps the least through a crash: see `RedisNode`. */
  readonly appendfsync: string;
  /** Every Redis that answers, or every node of a cluster that holds something of ours, by its first partition. */
  readonly nodes: readonly RedisNode[];
  /** The partitions that do not answer, by number: what is in them is not counted. */
  readonly away: readonly number[];
  readonly processes: readonly ProcessStatus[];
}

export interface System {
  /** Everything now. Those who ask at the same time share the answer. @throws Error when no partition answers in time; LayoutError when there are others */
  read(): Promise<SystemState>;
  close(): void;
}
