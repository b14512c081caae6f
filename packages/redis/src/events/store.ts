import {
  DEFAULT_QUEUE,
  type AcceptResult,
  type EventStore,
  type IncomingEvent,
  type Logger,
  type Meter,
  NO_METER,
  type RedisTarget,
  type SecretStore,
} from '@hookline/core';
import { connect, type Connection } from '../client/connection.ts';
import { ADD_JOB_LUA, createPartition } from '../bullmq/add-job.ts';
import { EVENT_LUA } from './event-lua.ts';
import { costOf, StoreFullError } from '../gate/admission.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { openGate } from '../gate/gate.ts';
import { defineScript } from '../client/script.ts';
import { createSecretStore } from './secrets.ts';

/**
 * One atomic step: a new event is recorded, indexed and queued; a known one is answered; a known one whose
 * job is not there (removed by hand, or never made) is queued. Only then may anybody say 2xx.
 */
const ACCEPT = defineScript(
  EVENT_LUA,
  ADD_JOB_LUA,
  `
local eventKey, jobKey = KEYS[1], KEYS[2]
local prefix, id, source, eventType, receivedAt = unpack(ARGV, 1, 5)
local addName, addKeyCount, fieldCount = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local status = redis.call('HGET', eventKey, 'status')
if status and status ~= 'received' and (status ~= 'queued' or redis.call('EXISTS', jobKey) == 1) then
  return 'duplicate'
end
if not status then
  redis.call('HSET', eventKey, 'recordedAt', now, unpack(ARGV, 9, 8 + fieldCount))
  redis.call('ZADD', prefix .. '/events', receivedAt, id)
  redis.call('ZADD', prefix .. '/events/source/' .. source, receivedAt, id)
  redis.call('ZADD', prefix .. '/events/type/' .. eventType, receivedAt, id)
end
add[addName](sliceOf(KEYS, 3, addKeyCount), sliceOf(ARGV, 9 + fieldCount, 3))
redis.call('HSET', eventKey, 'queuedAt', now)
redis.call('SADD', prefix .. '/queues', '${DEFAULT_QUEUE}')
setStatus(prefix, eventKey, id, 'queued', now)
return 'accepted'
`,
);

export interface EventStoreOptions {
  readonly target: RedisTarget;
  /** BullMQ's key prefix, with a hash tag. */
  readonly prefix: string;
  /** What a 2xx stands for. Default `memory`. */
  readonly ack?: AckLevel;
  readonly log: Logger;
  readonly meter?: Meter;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The receiver's side of the store: it only ever adds, and it fails fast. */
export interface RedisEventStore extends EventStore {
  /** Secrets that providers bring. */
  readonly secrets: SecretStore;
  /** Resolves when Redis answers within the command timeout and may hold events. @throws Error that says why not */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store, with or without Redis: while it is away, `accept` answers `unavailable` at once.
 * @throws UnfitServerError when Redis can be reached and may not hold events, or not as durably as `ack` says
 */
export async function openEventStore(options: EventStoreOptions): Promise<RedisEventStore> {
  const { target, prefix, log, ack = 'memory', meter = NO_METER, now = Date.now } = options;
  const connection = connect(target, 'producer');
  reportConnection(connection, log);
  const partition = createPartition(connection, prefix);
  const gate = await openGate({ partition, target, ack, log, meter, now });
  const secrets = createSecretStore(partition);

  async function record(event: IncomingEvent): Promise<AcceptResult> {
    const job = partition.add({
      queue: DEFAULT_QUEUE,
      jobId: event.id,
      name: event.type,
      work: {
        kind: 'event',
        event: event.id,
        source: event.source,
        provider: event.provider,
        type: event.type,
      },
      timestamp: now(),
      ...(event.priority === undefined ? {} : { priority: event.priority }),
    });
    const fields = eventFields(event);
    const reply = await partition.run(
      ACCEPT,
      [partition.keys.event(event.id), partition.keys.bullJob(DEFAULT_QUEUE, event.id), ...job.keys],
      [
        prefix,
        event.id,
        event.source,
        event.type,
        event.receivedAt,
        job.script,
        job.keys.length,
        fields.length,
        ...fields,
        ...job.args,
      ],
    );
    return { kind: String(reply) === 'duplicate' ? 'duplicate' : 'accepted', id: event.id };
  }

  return {
    secrets: {
      read: (source) => secrets.read(source),
      keep: (source, secret) => gate.keep(() => secrets.keep(source, secret)),
    },
    async accept(event) {
      try {
        return await gate.keep(() => record(event), costOf(event));
      } catch (error) {
        if (error instanceof StoreFullError) return { kind: 'full', reason: error.message };
        // Whatever happened (refused, timed out, cut off), the provider is told to send again: the id decides then.
        return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
      }
    },
    ping: () => gate.ping(),
    async close() {
      gate.close();
    },
  };
}

function eventFields(event: IncomingEvent): (string | number | Buffer)[] {
  return [
    'source',
    event.source,
    'provider',
    event.provider,
    'providerId',
    event.providerId,
    'type',
    event.type,
    'receivedAt',
    event.receivedAt,
    'verifiedAt',
    event.verifiedAt,
    'headers',
    JSON.stringify(event.headers),
    'body',
    event.body,
    'sha256',
    event.sha256,
    'bodyTrusted',
    event.bodyTrusted ? 1 : 0,
    'priority',
    event.priority ?? 0,
  ];
}

/** Says once that Redis is away and once that it is back, not at every attempt in between. */
export function reportConnection(connection: Connection, log: Logger): void {
  let away = false;
  connection.on('error', (error: Error) => {
    if (away) return;
    away = true;
    log.warn('Redis cannot be reached; trying again until it is back', { error: error.message });
  });
  connection.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
  });
}
