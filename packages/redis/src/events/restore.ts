import type { EventSnapshot } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { stateOf } from './deliveries.ts';
import { recordText } from './record.ts';
import { stageBody } from './stage.ts';

/**
 * Puts an event back that Redis gave up, so that it can be run again.
 * @param event as the history has it, with its body
 * @param retention milliseconds that it is kept from now on
 * @returns `there` when Redis holds it
 */
export async function restoreEvent(
  partition: Partition,
  event: Omit<EventSnapshot, 'body' | 'revision'> & { readonly body: Buffer },
  retention: number,
): Promise<'restored' | 'there'> {
  const { connection, keys } = partition;
  const { id, deliveries, recordedAt, settledAt = recordedAt } = event;
  const staged = await stageBody(partition, event.body);
  const reply = await partition.run('restore', {
    keys: {
      event: keys.event(id),
      known: keys.known(id),
      expiring: keys.expiring,
    },
    args: { id, staged: staged.token, pieces: staged.pieces, retention, count: partition.of },
    lists: {
      fields: [
        'recordedAt',
        recordedAt,
        'settledAt',
        settledAt,
        'record',
        recordText(event),
        'to',
        deliveries.map(({ handler }) => handler).join(' '),
        // Which of BullMQ's jobs settled them nobody knows any more, and none of those will come again.
        ...deliveries.flatMap((delivery) => [`d/${delivery.handler}`, stateOf(delivery)]),
      ],
    },
  });
  if (reply === 'there') await connection.unlink(keys.staged(staged.token));
  return reply;
}
