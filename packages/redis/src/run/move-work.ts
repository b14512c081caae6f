import { randomBytes } from 'node:crypto';
import { jobWork, type Work } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { newQueuedId } from '../jobs/record.ts';
import type { WorkRef } from './work-ref.ts';

/** Work on its way from a job in one queue to a job in another. */
export interface Move {
  readonly ref: WorkRef;
  readonly queue: string;
  readonly jobId: string;
  readonly newQueue: string;
  readonly timestamp: number;
  /** Milliseconds that it still has to wait. */
  readonly delay?: number;
  readonly priority?: number | undefined;
  /** Its job lies where nobody will take it, and is taken away; otherwise it is in the caller's hands. */
  readonly takesRemains: boolean;
  /** Since when nobody is known who could run it, in milliseconds since the epoch. */
  readonly unclaimedSince?: number;
}

/** @returns `moved`; or why not: somebody has its job now, or it belongs to another job or is settled */
export function moveWork(partition: Partition, move: Move): Promise<'moved' | 'alive' | 'settled'> {
  const { ref, queue, jobId, newQueue, timestamp, delay = 0, priority, takesRemains, unclaimedSince } = move;
  const newJobId =
    ref.kind === 'delivery'
      ? `${ref.workId}~moved-${randomBytes(5).toString('hex')}`
      : newQueuedId(ref.workId);
  const work: Work =
    ref.kind === 'delivery'
      ? { kind: 'delivery', event: ref.event, handler: ref.handler }
      : jobWork({ ...ref.work, id: ref.workId });
  const again = partition.add({
    queue: newQueue,
    jobId: newJobId,
    name: ref.kind === 'delivery' ? ref.handler : ref.job,
    work,
    timestamp,
    ...(delay > 0 ? { delay } : {}),
    ...(priority === undefined || priority === 0 ? {} : { priority }),
  });
  return partition.run('move-work', {
    args: {
      kind: ref.kind,
      id: ref.kind === 'delivery' ? ref.event : ref.workId,
      handler: ref.kind === 'delivery' ? ref.handler : '',
      queue,
      jobId,
      newQueue,
      newJobId,
      remains: takesRemains ? 1 : '',
      since: unclaimedSince ?? '',
    },
    add: { again },
  });
}
