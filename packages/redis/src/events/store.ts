import {
  explain,
  type AcceptResult,
  type IncomingEvent,
  type Kept,
  type RefusedRequest,
  type SecretStore,
  type TransferResult,
  type TransferStore,
} from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { createLargeEvents, isLarge } from './large-events.ts';
import { acceptAll, acceptRow, sizeOf, type AcceptRow } from './accept.ts';
import { GroupCommit } from '../client/group-commit.ts';
import { costOf, StoreFullError } from '../gate/admission.ts';
import type { Gate } from '../gate/gate.ts';
import { noteRefusals } from './notes.ts';
import { createSecretStore } from './secrets.ts';

export interface EventStoreOptions {
  readonly partition: Partition;
  /** What stands in front of it. */
  readonly gate: Gate;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The receiver's side of the store: it only ever adds, and it fails fast. */
export interface RedisEventStore extends TransferStore {
  /** Secrets that providers bring. */
  readonly secrets: SecretStore;
  /**
   * Resolves when Redis answers within the command timeout and may hold events; of several partitions, when one of them
   * may. @throws Error that says why not
   */
  ping(): Promise<void>;
  /** The same of each part that may be away by itself, by its name. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  /** Writes down what was refused. @throws Error when Redis does not take it */
  noteRefusals(refusals: readonly RefusedRequest[]): Promise<void>;
  close(): Promise<void>;
}

/** The store of one partition. While Redis is away, `accept` answers `unavailable` at once. */
export function createEventStore({ partition, gate, now }: EventStoreOptions): RedisEventStore {
  const secrets = createSecretStore(partition);
  const small = new GroupCommit<AcceptRow, Kept['kind'] | Error>({
    commit: (rows) => gate.keep(() => acceptAll(partition, rows, now()), costOf(rows.map(sizeOf))),
    sizeOf,
  });
  const large = createLargeEvents({ gate, prefix: partition.prefix, of: partition.of, now });

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
      .keep(() => partition.connection.set(partition.keys.commitBarrier, '1'))
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
    checks: { redis: () => gate.ping() },
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
