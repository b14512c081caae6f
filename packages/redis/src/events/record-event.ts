import { DEFAULT_QUEUE, type IncomingEvent, type Kept } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { fieldsOf } from './record.ts';

/** Records an event and queues its job in one atomic step. */
export async function recordEvent(partition: Partition, event: IncomingEvent, now: number): Promise<Kept> {
  const { id, source, provider, type, receivedAt, priority } = event;
  const job = partition.add({
    queue: DEFAULT_QUEUE,
    jobId: id,
    name: type,
    work: { kind: 'event', event: id, source, provider, type },
    timestamp: now,
    ...(priority === undefined ? {} : { priority }),
  });
  const kind = await partition.run('accept', {
    keys: { event: partition.keys.event(id), job: partition.keys.bullJob(DEFAULT_QUEUE, id) },
    args: { id, source, type, receivedAt, queue: DEFAULT_QUEUE },
    lists: { fields: fieldsOf(event) },
    add: { job },
  });
  return { kind, id };
}
