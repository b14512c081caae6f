import { createPartition } from '../bullmq/add-job.ts';
import type { Partition } from '../client/partition.ts';
import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE, type Logger, type Meter, type RedisTarget } from '@hookline/core';
import { connect, type Connection } from '../client/connection.ts';
import { FIRST_CONNECT_MS, readyOrRefused } from '../client/refusal.ts';
import { UNSETTLED_STATUSES } from '../events/record.ts';
import { reportConnection } from '../client/report-connection.ts';
import { listStatuses, type ProcessStatus } from '../fleet/heartbeat.ts';
import { brakedHandlers } from '../run/brake/brakes.ts';
import { METRICS } from '../client/metric-rows.ts';

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
type EventCounts = ReturnType<typeof eventCounts>;

/** Everything that stands in Redis, at one moment. */
export interface SystemState {
  /** When, by Redis's clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly queues: readonly QueueDepth[];
  readonly deadLetters: number;
  readonly events: Readonly<EventCounts>;
  readonly memory: RedisMemory;
  /** `always`, `everysec`, `no`; `off` without an append-only file, `unknown` where Redis does not tell. */
  readonly appendfsync: string;
  /** What the sweeper has repaired, by kind, and what else it counts. */
  readonly sweeper: Readonly<Record<string, number>>;
  readonly processes: readonly ProcessStatus[];
  /** What work waits for that no live worker has: `handler <name>` or `job <name>`. */
  readonly unknown: readonly string[];
}

export interface System {
  /** Everything now. Those who ask at the same time share the answer. @throws Error when Redis does not answer in time */
  read(): Promise<SystemState>;
  close(): void;
}

/**
 * Opens a look at everything in Redis, for operators. Fails fast; works before Redis is there.
 * @throws RefusedError when Redis can be reached and refuses us
 */
export async function openSystem({
  target,
  prefix,
  log,
  meter,
}: {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly log: Logger;
  /** Publishes the counts. Only one process of an installation should, or they are counted twice. */
  readonly meter?: Meter;
}): Promise<System> {
  const connection = await connectOrRefuse(target, log);
  const partition = createPartition(connection, prefix);

  async function count(): Promise<Omit<SystemState, 'appendfsync' | 'processes'> & { persists: boolean }> {
    const reply = await partition.run('count', {
      keys: {
        queues: partition.keys.queues,
        repairs: partition.keys.repairs,
        unworked: partition.keys.unworked,
        unknown: partition.keys.unknown,
      },
      args: { defaultQueue: DEFAULT_QUEUE },
      lists: {
        eventLists: [
          ...UNSETTLED_STATUSES.map((status) => partition.keys.eventsOfStatus(status)),
          partition.keys.expiring,
          partition.keys.shed,
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
    const text = String(info);
    return {
      at,
      queues: depths.filter(({ name }) => name !== DEAD_LETTER_QUEUE).toSorted(byName),
      deadLetters: depths.find(({ name }) => name === DEAD_LETTER_QUEUE)?.waiting ?? 0,
      events: eventCounts(events),
      memory: memoryOf(text),
      persists: infoField(text, 'aof_enabled') === '1',
      sweeper: numericFields(sweeper.map(String)),
      unknown: unknown.map(String),
    };
  }

  /** Hosted Redis often keeps its configuration to itself. */
  async function readAppendfsync(): Promise<string> {
    try {
      const reply = (await connection.config('GET', 'appendfsync')) as string[];
      return reply[1] ?? 'unknown';
    } catch (error) {
      if (error instanceof Error && /^(ERR|NOPERM)/.test(error.message)) return 'unknown';
      throw error;
    }
  }

  async function readAll(): Promise<SystemState> {
    const [{ persists, ...counted }, appendfsync, processes] = await Promise.all([
      count(),
      readAppendfsync(),
      listStatuses(partition),
    ]);
    return { ...counted, appendfsync: persists ? appendfsync : 'off', processes };
  }

  let reading: Promise<SystemState> | undefined;
  const system: System = {
    read: () => (reading ??= readAll().finally(() => (reading = undefined))),
    close: () => connection.disconnect(),
  };
  if (meter !== undefined) publishCounts(meter, system, partition);
  return system;
}

async function connectOrRefuse(target: RedisTarget, log: Logger): Promise<Connection> {
  const connection = connect(target, 'producer');
  reportConnection(connection, log);
  try {
    await readyOrRefused(connection, target, FIRST_CONNECT_MS);
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}

function eventCounts([received = 0, queued = 0, dispatched = 0, dead = 0, ...settled]: readonly number[]) {
  return { received, queued, dispatched, dead, settled: settled.reduce((sum, count) => sum + count, 0) };
}

function publishCounts(meter: Meter, system: System, partition: Partition): void {
  const depths = ['waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'] as const;
  meter.gauge(METRICS.queueJobs, async () =>
    (await system.read()).queues.flatMap((queue) =>
      depths.map((state) => ({ value: queue[state], labels: { queue: queue.name, state } })),
    ),
  );
  meter.gauge(METRICS.unworkedJobs, async () =>
    (await system.read()).queues.flatMap((queue) =>
      queue.unworkedSince === undefined
        ? []
        : [
            {
              value: queue.waiting + queue.prioritized + queue.delayed,
              labels: { queue: queue.name },
            },
          ],
    ),
  );
  meter.gauge(METRICS.unknownDefinitions, async () => (await system.read()).unknown.length);
  meter.gauge(METRICS.brakedDeliveries, async () =>
    [...(await brakedHandlers(partition))].map(([handler, { held }]) => ({
      value: held,
      labels: { handler },
    })),
  );
  meter.gauge(METRICS.deadLetters, async () => (await system.read()).deadLetters);
  meter.gauge(METRICS.events, async () =>
    Object.entries((await system.read()).events).map(([status, value]) => ({ value, labels: { status } })),
  );
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

function byName(a: QueueDepth, b: QueueDepth): number {
  if (a.name === DEFAULT_QUEUE) return -1;
  return b.name === DEFAULT_QUEUE ? 1 : a.name.localeCompare(b.name, 'en');
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
