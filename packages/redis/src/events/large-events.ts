import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LARGE_BODY_BYTES, largeBodyTime, type IncomingEvent, type Kept } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from '../client/connection.ts';
import type { Partition } from '../client/partition.ts';
import { costOf } from '../gate/admission.ts';
import type { Gate } from '../gate/gate.ts';
import { piecesOf } from './record.ts';
import { acceptAll, acceptRow } from './accept.ts';

/** Events whose body takes long on the wire: all that comes later on the same connection would wait behind it. */
export interface LargeEvents {
  /** For a request that waits. @throws Error when it was not kept in time, or nobody knows */
  accept(event: IncomingEvent): Promise<Kept>;
  /** For nobody: with as much time as the size needs, and sent only if it is not there. @throws as `accept` */
  transfer(event: IncomingEvent): Promise<Kept>;
}

/** What nobody finishes goes away by itself. */
const STAGED_S = 300;
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
  readonly now: () => number;
}): LargeEvents {
  const { gate, prefix, now } = options;
  let last: Partition | undefined;
  const on = (connection: Connection) =>
    last?.connection === connection ? last : (last = createPartition(connection, prefix));

  function record(event: IncomingEvent, withinMs: number): Promise<Kept> {
    return gate.keepInBulk(
      (connection) => stageAndRecord(on(connection), event),
      withinMs,
      costOf([event.body.length]),
    );
  }

  async function stageAndRecord(partition: Partition, event: IncomingEvent): Promise<Kept> {
    const { connection, keys } = partition;
    const token = randomUUID();
    const staged = keys.staged(token);
    let pieces = 0;
    for (const [field, bytes] of piecesOf(event.body)) {
      pieces += 1;
      // Whether it was kept is asked of all of them at once, by the script.
      connection.hset(staged, field, bytes).catch(() => undefined);
      connection.expire(staged, STAGED_S).catch(() => undefined);
      // Copying all for the wire in one go would hold up everybody else of this process.
      await nextTurn();
    }
    const [kind] = await acceptAll(partition, [acceptRow(event, { token, pieces })], now());
    if (typeof kind !== 'string') throw kind ?? new Error('Redis did not say what became of it');
    if (kind === 'duplicate') await connection.unlink(staged);
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
