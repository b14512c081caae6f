import { LARGE_BODY_BYTES, largeBodyTime, type IncomingEvent, type Kept } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import { costOf } from '../gate/admission.ts';
import type { Gate } from '../gate/gate.ts';
import { stageBody } from './stage.ts';
import { acceptAll, acceptRow } from './accept.ts';

/** Events whose body takes long on the wire: all that comes later on the same connection would wait behind it. */
export interface LargeEvents {
  /** For a request that waits. @throws Error when it was not kept in time, or nobody knows */
  accept(event: IncomingEvent): Promise<Kept>;
  /** For nobody: with as much time as the size needs, and sent only if it is not there. @throws as `accept` */
  transfer(event: IncomingEvent): Promise<Kept>;
}

/** Milliseconds for the question whether it is there, and on top of the time that its body takes. */
const ASK_MS = 3_000;
/** Bytes in a millisecond. A slower link brings the body as well, and the next question finds it. */
const RATE = 1_000;

export function isLarge({ body }: IncomingEvent): boolean {
  return body.length >= LARGE_BODY_BYTES;
}

export function createLargeEvents(options: {
  readonly gate: Gate;
  readonly prefix: string;
  /** Of how many partitions this is one. */
  readonly of: number;
  readonly now: () => number;
}): LargeEvents {
  const { gate, prefix, of, now } = options;
  let last: Partition | undefined;
  const on = (connection: Connection) =>
    last?.connection === connection ? last : (last = createPartition(connection, prefix, of));

  function record(event: IncomingEvent, withinMs: number): Promise<Kept> {
    return gate.keepInBulk(
      (connection) => stageAndRecord(on(connection), event),
      withinMs,
      costOf([event.body.length]),
    );
  }

  async function stageAndRecord(partition: Partition, event: IncomingEvent): Promise<Kept> {
    const staged = await stageBody(partition, event.body);
    const [kind] = await acceptAll(partition, [acceptRow(event, staged)], now());
    if (typeof kind !== 'string') throw kind ?? new Error('Redis did not say what became of it');
    if (kind === 'duplicate') await partition.connection.unlink(partition.keys.staged(staged.token));
    return { kind, id: event.id };
  }

  return {
    accept: (event) => record(event, COMMAND_TIMEOUT_MS + largeBodyTime(event.body.length)),
    async transfer(event) {
      const { id, body } = event;
      // What was given up may have come through all the same, or be under way still: the question waits behind it.
      const there = await gate.keepInBulk((connection) => {
        const { keys } = on(connection);
        return connection.exists(keys.event(id), keys.known(id));
      }, ASK_MS);
      return there > 0 ? { kind: 'duplicate', id } : record(event, ASK_MS + body.length / RATE);
    },
  };
}
