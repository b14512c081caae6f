import { randomBytes } from 'node:crypto';
import { DEAD_LETTER_QUEUE, jobWork, type DeadLetter, type Work } from '@hookline/core';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { openFleet } from '../fleet/fleet.ts';
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
  /** Takes the dead letter away for good. @returns whether there was one */
  discard(id: string): Promise<boolean>;
}

export function openDeadLetters(partition: Partition, now: () => number = Date.now): DeadLetters {
  const queue = openQuietQueue(DEAD_LETTER_QUEUE, partition.connection, partition.prefix);
  const fleet = openFleet(partition);

  return {
    async list(from, count) {
      const jobs = await queue.getJobs(['waiting'], from, from + count - 1, true);
      return jobs.map((job) => job.data as DeadLetter);
    },
    count: () => queue.getJobCountByTypes('waiting'),
    async replay(id) {
      const letter = (await queue.getJob(id))?.data as DeadLetter | undefined;
      if (letter === undefined) return { kind: 'gone' };
      const jobId = `${id}~replay-${randomBytes(5).toString('hex')}`;
      const { handlers, jobs } = await fleet.view();
      const today = letter.handler === undefined ? jobs.get(letter.job ?? '') : handlers.get(letter.handler);
      const queueName = today?.queue ?? letter.queue;
      const kind = await replay(partition, { ...letter, queue: queueName }, jobId, now());
      return kind === 'gone' ? { kind } : { kind, jobId, queue: queueName };
    },
    async discard(id) {
      const letter = (await queue.getJob(id))?.data as DeadLetter | undefined;
      return letter !== undefined && (await discard(partition, letter, now())) === 'discarded';
    },
  };
}

async function replay(
  partition: Partition,
  letter: DeadLetter,
  queuedId: string,
  now: number,
): Promise<'replayed' | 'gone'> {
  const { id, eventId, handler, job, queue } = letter;
  const { keys } = partition;
  const request = { queue, jobId: queuedId, timestamp: now };
  if (eventId !== undefined && handler !== undefined) {
    const work: Work = { kind: 'delivery', event: eventId, handler };
    return partition.run('replay-delivery', {
      keys: { event: keys.event(eventId) },
      args: { letter: id, id: eventId, handler, now, queue, queuedId },
      add: { run: partition.add({ ...request, name: handler, work }) },
    });
  }
  return partition.run('replay-job', {
    keys: { job: keys.job(id) },
    args: { letter: id, now, queue, queuedId },
    add: {
      run: partition.add({
        ...request,
        name: job ?? 'replay',
        work: jobWork({ ...letter, data: letter.data }),
      }),
    },
  });
}

/** Milliseconds that what was discarded is still known: a duplicate of its event is one for as long. */
const DISCARDED_MS = 30 * 86_400_000;

async function discard(
  partition: Partition,
  { id, eventId, handler }: DeadLetter,
  now: number,
): Promise<'discarded' | 'gone'> {
  const { keys } = partition;
  if (eventId === undefined || handler === undefined)
    return partition.run('discard-job', {
      keys: { job: keys.job(id) },
      args: { letter: id, retention: DISCARDED_MS },
    });
  return partition.run('discard-delivery', {
    keys: { event: keys.event(eventId) },
    args: { letter: id, id: eventId, handler, now, retention: DISCARDED_MS },
  });
}
