import {
  explain,
  type AcceptResult,
  type IncomingEvent,
  type Kept,
  type Logger,
  type Meter,
  NO_METER,
  type RedisTarget,
  type RefusedRequest,
  type SecretStore,
  type TransferResult,
  type TransferStore,
} from '@hookline/core';
import { connect } from '../client/connection.ts';
import { reportConnection } from '../client/report-connection.ts';
import { createPartition } from '../bullmq/add-job.ts';
import { createLargeEvents, isLarge } from './large-events.ts';
import { acceptAll, acceptRow, sizeOf, type AcceptRow } from './accept.ts';
import { GroupCommit } from '../client/group-commit.ts';
import { costOf, StoreFullError } from '../gate/admission.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { openGate } from '../gate/gate.ts';
import { noteRefusals } from './notes.ts';
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
export interface RedisEventStore extends TransferStore {
  /** Secrets that providers bring. */
  readonly secrets: SecretStore;
  /** Resolves when Redis answers within the command timeout and may hold events. @throws Error that says why not */
  ping(): Promise<void>;
  /** Writes down what was refused. @throws Error when Redis does not take it */
  noteRefusals(refusals: readonly RefusedRequest[]): Promise<void>;
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

  const small = new GroupCommit<AcceptRow, Kept['kind'] | Error>({
    commit: (rows) => gate.keep(() => acceptAll(partition, rows, now()), costOf(rows.map(sizeOf))),
    sizeOf,
  });
  const large = createLargeEvents({ gate, prefix, now });

  async function keep(event: IncomingEvent): Promise<Kept> {
    const kind = await small.add(acceptRow(event));
    if (typeof kind !== 'string') throw kind;
    return { kind, id: event.id };
  }

  async function accept(event: IncomingEvent): Promise<AcceptResult> {
    try {
      if (isLarge(event)) return await large.accept(event);
      const kind = await small.add(acceptRow(event));
      return typeof kind === 'string' ? { kind, id: event.id } : refusalOf(kind);
    } catch (error) {
      return refusalOf(error);
    }
  }

  async function transfer(event: IncomingEvent): Promise<TransferResult> {
    try {
      return await (isLarge(event) ? large.transfer(event) : keep(event));
    } catch (error) {
      const refusal = refusalOf(error);
      const othersMayPass = refusal.kind === 'unavailable' || isLarge(event);
      return othersMayPass && (await takesWrites()) ? { kind: 'stuck', reason: refusal.reason } : refusal;
    }
  }

  function takesWrites(): Promise<boolean> {
    return gate
      .keep(() => connection.set(partition.keys.commitBarrier, '1'))
      .then(
        () => true,
        () => false,
      );
  }

  return {
    secrets: {
      read: (source) => secrets.read(source),
      keep: (source, secret) => gate.keep(() => secrets.keep(source, secret)),
    },
    accept,
    transfer,
    noteRefusals: (refusals) => noteRefusals(partition, refusals),
    ping: () => gate.ping(),
    async close() {
      gate.close();
    },
  };
}

function refusalOf(error: unknown): Exclude<AcceptResult, Kept> {
  if (error instanceof StoreFullError) return { kind: 'full', reason: error.message };
  // Whatever happened (refused, timed out, cut off), the provider is told to send again: the id decides then.
  return { kind: 'unavailable', reason: explain(error) };
}
