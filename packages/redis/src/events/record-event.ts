import { DEFAULT_QUEUE, type IncomingEvent, type Kept } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { fieldsOf } from './record.ts';

/** A body that went ahead. */
export interface Staged {
  readonly token: string;
  readonly pieces: number;
}

/**
 * Records an event and queues its job in one atomic step.
 * @param staged where its body is already; without it, the body goes along
 */
export async function recordEvent(
  partition: Partition,
  event: IncomingEvent,
  now: number,
  staged?: Staged,
): Promise<Kept> {
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
    args: {
      id,
      source,
      type,
      receivedAt,
      queue: DEFAULT_QUEUE,
      staged: staged?.token ?? '',
      pieces: staged?.pieces ?? 0,
    },
    lists: { fields: staged === undefined ? ['body', event.body, ...fieldsOf(event)] : fieldsOf(event) },
    add: { job },
  });
  return { kind, id };
}
