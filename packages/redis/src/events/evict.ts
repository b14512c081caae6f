import type { Logger, Meter } from '@hookline/core';
import { setTimeout as wait } from 'node:timers/promises';
import { defineScript } from '../client/script.ts';
import { evictionProblemOf, readMemory, type Memory } from '../client/server-facts.ts';
import type { Partition } from '../client/partition.ts';

/**
 * Gives up the bodies and headers of the events that were settled first, and what is known of their attempts. Ids,
 * hashes, times and deliveries stay: duplicates are known for the whole retention time. Whether an event is settled
 * is read here again: an operator may run its job once more, and a job that has not ended may yet find a handler.
 *
 * Deletes before it adds: a Redis at its limit refuses a script whose first write is one that takes memory.
 * Fields: how many to pass over (those that were kept, and so still stand first), how many at most, how many bytes.
 * Returns how many were looked at, how many were shed, how many were kept.
 */
const SHED = defineScript(`
local expiringKey, shedKey = KEYS[1], KEYS[2]
local prefix, now, skip, count, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function isSettled(id, eventKey, deliveries)
  local status = redis.call('HGET', eventKey, 'status')
  if status ~= 'handled' and status ~= 'unhandled' then return false end
  for i = 2, #deliveries, 2 do
    if string.sub(deliveries[i], 1, 9) ~= 'succeeded' then return false end
  end
  local jobKey = prefix .. ':default:' .. id
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local looked, shed, kept, freed = 0, 0, 0, 0
local page = redis.call('ZRANGE', expiringKey, skip, skip + count - 1, 'WITHSCORES')
for i = 1, #page, 2 do
  if freed >= wanted then break end
  local id, at = page[i], page[i + 1]
  local eventKey = prefix .. '/event/' .. id
  local deliveries = redis.call('HGETALL', prefix .. '/deliveries/' .. id)
  looked = looked + 1
  if isSettled(id, eventKey, deliveries) then
    freed = freed + redis.call('HSTRLEN', eventKey, 'body') + redis.call('HSTRLEN', eventKey, 'headers')
    redis.call('ZREM', expiringKey, id)
    for j = 1, #deliveries, 2 do
      local workId = id .. '~' .. deliveries[j]
      redis.call('DEL', prefix .. '/attempts/' .. workId, prefix .. '/effects/' .. workId)
    end
    if redis.call('HDEL', eventKey, 'body', 'headers') > 0 then
      redis.call('HSET', eventKey, 'shedAt', now)
      shed = shed + 1
    end
    redis.call('ZADD', shedKey, at, id)
  else
    kept = kept + 1
  end
end
return { looked, shed, kept }
`);

/** Below where new work is refused (see admission.ts), so that retention alone never comes that far. */
const SHED_ABOVE = 0.6;
/** Lower, so that it is seldom and then worth it. */
const SHED_TO = 0.55;
const STEP = 200;
const INTERVAL_MS = 5_000;

export interface ReliefSettings {
  /** Milliseconds between two looks at the memory. */
  readonly interval?: number;
}

export interface ReliefOptions extends ReliefSettings {
  readonly partition: Partition;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Relief {
  /** Looks at the memory now, and makes room if it has to. @returns how many events were shed */
  relieve(): Promise<number>;
  stop(): void;
}

/**
 * Keeps what is only remembered from filling Redis: settled events stay for weeks, and new ones are refused before
 * Redis is full. Every worker process has one; two at once share the work, because each step takes its events out of
 * the list that the other reads.
 */
export function startRelief({ partition, log, meter, now, interval = INTERVAL_MS }: ReliefOptions): Relief {
  const over = new AbortController();
  const countShed = meter.counter(
    'hookline_events_shed_total',
    'Settled events whose bodies were given up because Redis was filling up.',
  );
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
      const [looked, shed, kept] = (await partition.run(
        SHED,
        [partition.keys.expiring, partition.keys.shed],
        [partition.keys.prefix, now(), skip, STEP, wanted],
      )) as [number, number, number];
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
    const [events, remembered] = await Promise.all([
      partition.connection.zcard(partition.keys.events),
      partition.connection.zcard(partition.keys.shed),
    ]);
    log.error(
      'Redis is filling up and no settled event has a body left to shed; their ids are kept to know duplicates. ' +
        'Raise maxmemory, have the queues and dead letters worked off, or lower EVENT_RETENTION',
      { ...fields, shed: remembered, others: events - remembered },
    );
  }

  async function relieveForEver(): Promise<void> {
    while (!over.signal.aborted) {
      await wait(interval, undefined, { signal: over.signal, ref: false });
      try {
        await relieve();
      } catch (error) {
        log.debug('relief', { error: String(error) });
      }
    }
  }
  relieveForEver().catch(() => undefined);

  return { relieve, stop: () => over.abort() };
}

/** 0 where there is no limit, or where Redis would evict instead of refusing. */
function ratioOf(memory: Memory): number {
  if (memory.limit === 0 || evictionProblemOf(memory) !== undefined) return 0;
  return memory.used / memory.limit;
}
