import type { FaultyRedis } from '../fleet/faulty-redis.ts';
import type { Environment } from '../injectors/process-faults.ts';
import type { Proxies } from '../injectors/proxies.ts';

/**
 * On what Redis a run stands: one with one partition, one with four, two with two partitions each, a Cluster of three
 * masters and three replicas, and a primary with its replica and three Sentinels.
 */
export const SETUPS = ['single', 'partitions', 'urls', 'cluster', 'sentinel'] as const;
export type SetupName = (typeof SETUPS)[number];

export interface OpenSetup {
  /** Of the run. */
  readonly folder: string;
  readonly env: Environment;
  /** More lines of redis.conf, for every server. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether a proxy stands in front of every server. */
  readonly throughProxy: boolean;
}

export interface Setup {
  /** What tells the product's programs of it. */
  readonly env: Environment;
  /** The key prefix of each partition, by number. */
  readonly prefixes: readonly [string, ...string[]];
  /** Every server that holds data. */
  readonly servers: readonly FaultyRedis[];
  readonly proxies: Proxies | undefined;
  /** The server that a partition's keys are written to by now. */
  masterOf(partition: number): Promise<FaultyRedis>;
  /** Nothing where a server has no other to take its place. */
  readonly succession: Succession | undefined;
  /** Whether that happens by itself. */
  readonly takesOver: boolean;
  /** Moves a partition's keys to another master, key by key, while they are used; only a Cluster does. */
  moveSlot?(partition: number): Promise<void>;
  /**
   * Resolves when every server does what it is there for, and the replicas have what their masters have. Who loses a
   * master before that loses two copies at once: cases wait for it between their faults.
   */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** How one server takes the place of another. */
export interface Succession {
  /** Has a replica take over from the partition's master in order, while clients write. */
  handOver(partition: number): Promise<void>;
  /** Resolves when another server leads than this one, which does not answer. */
  takenOver(partition: number, former: FaultyRedis): Promise<void>;
  /** Resolves when a replica follows again, also the one that was lost. */
  whole(): Promise<void>;
}

const PREFIX = '{faults}';
const PARTITIONS = 4;

/** The prefixes of so many partitions, as PARTITIONS makes them of HOOKLINE_PREFIX. */
export function prefixesOf(count: number): readonly [string, ...string[]] {
  const [, ...others] = Array.from({ length: count }, (_, index) => prefixOf(index, count));
  return [prefixOf(0, count), ...others];
}

function prefixOf(index: number, count: number): string {
  return count === 1 ? PREFIX : PREFIX.replace('}', `:${index}}`);
}

/** What is the same of each set-up with several partitions. */
export const SEVERAL = {
  prefixes: prefixesOf(PARTITIONS),
  env: { HOOKLINE_PREFIX: PREFIX, PARTITIONS: String(PARTITIONS) },
} as const;

/** And of the one that has one. */
export const ONE = { prefixes: prefixesOf(1), env: { HOOKLINE_PREFIX: PREFIX } } as const;
