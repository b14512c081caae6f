import { randomBytes } from 'node:crypto';
import { DEAD_LETTER_QUEUE, type DeadLetter, type Work } from '@hookline/core';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { REPLAY } from '../run/lifecycle-scripts.ts';
import type { Partition } from '../client/partition.ts';

export type Replayed =
  | { readonly kind: 'replayed'; readonly jobId: string; readonly queue: string }
  /** No dead letter has this id: it was replayed, retried on the dashboard, or never was. */
  | { readonly kind: 'gone' };

/** What operators do with dead letters. */
export interface DeadLetters {
  /** Oldest first. */
  list(from: number, count: number): Promise<readonly DeadLetter[]>;
  count(): Promise<number>;
  /** Queues the dead letter's work once more, that handler or job only, under a new id, and takes the letter away. */
  replay(id: string): Promise<Replayed>;
}

export function openDeadLetters(partition: Partition, now: () => number = Date.now): DeadLetters {
  const queue = openQuietQueue(DEAD_LETTER_QUEUE, partition.connection, partition.prefix);

  return {
    async list(from, count) {
      const jobs = await queue.getJobs(['waiting'], from, from + count - 1, true);
      return jobs.map((job) => job.data as DeadLetter);
    },
    count: () => queue.getJobCountByTypes('waiting'),
    async replay(id) {
      const letter = (await queue.getJob(id))?.data as DeadLetter | undefined;
      if (letter === undefined) return { kind: 'gone' };
      const { eventId, handler } = letter;
      const jobId = `${id}~replay-${randomBytes(5).toString('hex')}`;
      const work: Work =
        eventId !== undefined && handler !== undefined
          ? { kind: 'delivery', event: eventId, handler }
          : {
              kind: 'job',
              id,
              data: letter.data,
              ...(letter.options === undefined ? {} : { options: letter.options }),
              ...(letter.metadata === undefined ? {} : { metadata: letter.metadata }),
            };
      const add = partition.add({
        queue: letter.queue,
        jobId,
        name: handler ?? letter.job ?? 'replay',
        work,
        timestamp: now(),
      });
      const reply = await partition.run(
        REPLAY,
        [partition.keys.event(eventId ?? ''), partition.keys.deliveries(eventId ?? ''), ...add.keys],
        [
          partition.prefix,
          id,
          eventId ?? '',
          handler ?? '',
          now(),
          letter.queue,
          add.script,
          add.keys.length,
          jobId,
          ...add.args,
        ],
      );
      return String(reply) === 'gone' ? { kind: 'gone' } : { kind: 'replayed', jobId, queue: letter.queue };
    },
  };
}
