import { randomBytes } from 'node:crypto';
import { DEFAULT_QUEUE, type EventId } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { actText } from './notes.ts';

/**
 * Queues an event once more: it is dispatched to the handlers of today that it was not given to yet.
 * @param by the operator who asks for it
 * @returns false when Redis does not hold it, or gave up its body
 */
export async function queueAgain(
  partition: Partition,
  id: EventId,
  event: { readonly source: string; readonly provider: string; readonly type: string },
  timestamp: number,
  by?: string,
): Promise<boolean> {
  const again = partition.add({
    queue: DEFAULT_QUEUE,
    jobId: `${id}~again-${randomBytes(5).toString('hex')}`,
    name: event.type,
    work: { kind: 'event', event: id, ...event },
    timestamp,
  });
  const act = actText(
    by === undefined ? undefined : { actor: by, action: 'event.rerun', target: id, outcome: 'queued' },
  );
  const reply = await partition.run('look-again', {
    keys: { event: partition.keys.event(id), unclaimed: partition.keys.eventsUnclaimed },
    args: { id, queue: DEFAULT_QUEUE, act },
    add: { again },
  });
  return reply === 'queued';
}
