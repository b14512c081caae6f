import { explain, type Logger, type Meter } from '@hookline/core';
import { every } from '../client/every.ts';
import { evictionProblemOf, readMemory, type Memory } from '../client/server-facts.ts';
import type { Partition } from '../client/partition.ts';
import { METRICS } from '../client/metric-rows.ts';
import { UNSETTLED_STATUSES } from './record.ts';

/** Below where new work is refused (see admission.ts), so that retention alone never comes that far. */
const SHED_ABOVE = 0.6;
/** Lower, so that it is seldom and then worth it. */
const SHED_TO = 0.55;
const STEP = 200;
const INTERVAL_MS = 5_000;

export interface EvictorSettings {
  /** Milliseconds between two looks at the memory. */
  readonly interval?: number;
}

export interface EvictorOptions extends EvictorSettings {
  readonly partition: Partition;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Evictor {
  /** Looks at the memory now, and makes room if it has to. @returns how many events were shed */
  relieve(): Promise<number>;
  stop(): void;
}

/**
 * Keeps what is only remembered from filling Redis: settled events stay for weeks, and new ones are refused before
 * Redis is full. Every worker process has one; two at once share the work, because each step takes its events out of
 * the list that the other reads.
 */
export function startEvictor({
  partition,
  log,
  meter,
  now,
  interval = INTERVAL_MS,
}: EvictorOptions): Evictor {
  const over = new AbortController();
  const countShed = meter.counter(METRICS.evicted);
  let isExhausted = false;

  async function relieve(): Promise<number> {
    const before = await readMemory(partition.connection, partition.keys.expiring);
    if (ratioOf(before) <= SHED_ABOVE) {
      isExhausted = false;
      return 0;
    }
    let memory = before;
    let total = 0;
    let skip = 0;
    while (ratioOf(memory) > SHED_TO && !over.signal.aborted) {
      const wanted = Math.ceil(memory.used - SHED_TO * memory.limit);
      const reply = await partition.run('evict', {
        keys: { expiring: partition.keys.expiring, shed: partition.keys.shed },
        args: { now: now(), skip, count: STEP, wanted },
      });
      const [looked, shed, kept] = reply as [number, number, number];
      if (shed > 0) countShed({}, shed);
      total += shed;
      skip += kept;
      memory = await readMemory(partition.connection, partition.keys.expiring);
      if (looked === 0) break;
    }
    await report(total, memory);
    return total;
  }

  async function report(shed: number, memory: Memory): Promise<void> {
    const fields = { ratio: Math.round(ratioOf(memory) * 1_000) / 1_000, maxmemory: memory.limit };
    if (shed > 0)
      log.info('Redis is filling up: shed the bodies of the oldest settled events', { ...fields, shed });
    const wasExhausted = isExhausted;
    isExhausted = ratioOf(memory) > SHED_ABOVE && !over.signal.aborted;
    if (!isExhausted || wasExhausted) return;
    const { connection, keys } = partition;
    const [remembered = 0, ...others] = await Promise.all(
      [keys.shed, ...UNSETTLED_STATUSES.map((status) => keys.eventsOfStatus(status))].map((list) =>
        connection.zcard(list),
      ),
    );
    log.error(
      'Redis is filling up and no settled event has a body left to shed; their ids are kept to know duplicates. ' +
        'Raise maxmemory, have the queues and dead letters worked off, or lower EVENT_RETENTION',
      { ...fields, shed: remembered, others: others.reduce((sum, count) => sum + count, 0) },
    );
  }

  const loop = every(interval, relieve, (error) => log.debug('evict', { error: explain(error) }));
  return {
    relieve,
    stop() {
      over.abort();
      void loop.stop();
    },
  };
}

/** 0 where there is no limit, or where Redis would evict instead of refusing. */
function ratioOf(memory: Memory): number {
  if (memory.limit === 0 || evictionProblemOf(memory) !== undefined) return 0;
  return memory.used / memory.limit;
}
