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
import { createPartition } from '../bullmq/add-job.ts';
import { fieldsOf } from './record.ts';
import { costOf, StoreFullError } from '../gate/admission.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { openGate } from '../gate/gate.ts';
import { createSecretStore } from './secrets.ts';

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
    const kind = await partition.run('accept', {
      keys: { event: partition.keys.event(event.id), job: partition.keys.bullJob(DEFAULT_QUEUE, event.id) },
      args: {
        id: event.id,
        source: event.source,
        type: event.type,
        receivedAt: event.receivedAt,
        queue: DEFAULT_QUEUE,
      },
      lists: { fields: fieldsOf(event) },
      add: { job },
    });
    return { kind, id: event.id };
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
