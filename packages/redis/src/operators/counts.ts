import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { UNSETTLED_STATUSES } from '../events/record.ts';

/** How many jobs of a queue are in each state. */
export interface QueueDepth {
  readonly name: string;
  readonly waiting: number;
  /** Waiting with a priority. */
  readonly prioritized: number;
  readonly active: number;
  /** Wait for their time, or for their next attempt. */
  readonly delayed: number;
  /** Those that are kept. */
  readonly completed: number;
  readonly failed: number;
  readonly paused: boolean;
  /** Paused in these partitions only, by number; `paused` is false then. */
  readonly pausedIn?: readonly number[];
  /** Since when no live worker works on it, in milliseconds since the epoch; `undefined` where one does. */
  readonly unworkedSince?: number;
}

/** The Redis that holds the keys. Bytes; `max` is 0 where there is no limit. */
export interface RedisMemory {
  readonly used: number;
  readonly max: number;
  /** `used` of `max`; 0 where there is no limit. */
  readonly ratio: number;
  /** Redis's `maxmemory-policy`. */
  readonly policy: string;
}

/** Where the events stand that Redis holds. `settled`: handled, or wanted by nobody, and not given up yet. */
export type EventCounts = Readonly<ReturnType<typeof eventCounts>>;

/** Everything that stands in one partition, at one moment. */
export interface PartitionCounts {
  /** When, by Redis's clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly queues: readonly QueueDepth[];
  readonly deadLetters: number;
  readonly events: EventCounts;
  /** What the sweeper has repaired, by kind, and what else it counts. */
  readonly sweeper: Readonly<Record<string, number>>;
  /** What work waits for that no live worker has: `handler <name>` or `job <name>`. */
  readonly unknown: readonly string[];
  readonly server: CountedServer;
}

/** The Redis that holds a partition; of a cluster, the node. */
export interface CountedServer {
  /** Another one after each start; `undefined` where it does not tell. */
  readonly runId: string | undefined;
  readonly version: string | undefined;
  readonly port: string | undefined;
  readonly memory: RedisMemory;
  /** Whether it has an append-only file. */
  readonly persists: boolean;
}

/** Counts everything in a partition, in one step. */
export async function countsOf(partition: Partition): Promise<PartitionCounts> {
  const { keys } = partition;
  const reply = await partition.run('count', {
    keys: { queues: keys.queues, repairs: keys.repairs, unworked: keys.unworked, unknown: keys.unknown },
    args: { defaultQueue: DEFAULT_QUEUE },
    lists: {
      eventLists: [
        ...UNSETTLED_STATUSES.map((status) => keys.eventsOfStatus(status)),
        keys.expiring,
        keys.shed,
      ],
    },
  });
  const [at, queues, events, info, sweeper, unworked, unknown] = reply as [
    number,
    unknown[][],
    number[],
    Buffer,
    Buffer[],
    Buffer[],
    Buffer[],
  ];
  const since = numericFields(unworked.map(String));
  const depths = queues.map((row) => withSince(depthOf(row), since));
  return {
    at,
    queues: depths.filter(({ name }) => name !== DEAD_LETTER_QUEUE).toSorted(byName),
    deadLetters: depths.find(({ name }) => name === DEAD_LETTER_QUEUE)?.waiting ?? 0,
    events: eventCounts(events),
    sweeper: numericFields(sweeper.map(String)),
    unknown: unknown.map(String),
    server: serverFrom(String(info)),
  };
}

/** Redis's `appendfsync`; `unknown` where it keeps its configuration to itself, as hosted ones often do. */
export async function appendfsyncOf({ connection }: Partition): Promise<string> {
  try {
    const reply = (await connection.config('GET', 'appendfsync')) as string[];
    return reply[1] ?? 'unknown';
  } catch (error) {
    if (error instanceof Error && /^(ERR|NOPERM)/.test(error.message)) return 'unknown';
    throw error;
  }
}

function eventCounts([received = 0, queued = 0, dispatched = 0, dead = 0, ...settled]: readonly number[]) {
  return { received, queued, dispatched, dead, settled: settled.reduce((sum, count) => sum + count, 0) };
}

function depthOf([name, ...counts]: unknown[]): QueueDepth {
  const [waiting = 0, prioritized = 0, active = 0, delayed = 0, completed = 0, failed = 0, paused = 0] =
    counts.map(Number);
  return {
    name: String(name),
    waiting,
    prioritized,
    active,
    delayed,
    completed,
    failed,
    paused: paused === 1,
  };
}

function withSince(depth: QueueDepth, since: Readonly<Record<string, number>>): QueueDepth {
  const unworkedSince = since[depth.name];
  return unworkedSince === undefined ? depth : { ...depth, unworkedSince };
}

/** The default queue first. */
export function byName(a: QueueDepth, b: QueueDepth): number {
  if (a.name === DEFAULT_QUEUE) return -1;
  return b.name === DEFAULT_QUEUE ? 1 : a.name.localeCompare(b.name, 'en');
}

function serverFrom(info: string): CountedServer {
  return {
    runId: infoField(info, 'run_id'),
    version: infoField(info, 'redis_version'),
    port: infoField(info, 'tcp_port'),
    memory: memoryOf(info),
    persists: infoField(info, 'aof_enabled') === '1',
  };
}

function memoryOf(info: string): RedisMemory {
  const used = Number(infoField(info, 'used_memory') ?? 0);
  const max = Number(infoField(info, 'maxmemory') ?? 0);
  return {
    used,
    max,
    ratio: max === 0 ? 0 : used / max,
    policy: infoField(info, 'maxmemory_policy') ?? 'unknown',
  };
}

function infoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
}

/** Whatever counts a hash holds, `name, value, …`. */
function numericFields(hash: readonly string[]): Record<string, number> {
  const pairs = hash.flatMap((name, index): [string, number][] => {
    const value = hash[index + 1];
    return index % 2 === 0 && value !== undefined && value !== '' && Number.isFinite(Number(value))
      ? [[name, Number(value)]]
      : [];
  });
  return Object.fromEntries(pairs);
}
