import { randomBytes } from 'node:crypto';
import { DEAD_LETTER_QUEUE, jobWork, type DeadLetter, type OperatorAct, type Work } from '@hookline/core';
import { openQuietQueue } from '../bullmq/add-job.ts';
import { openFleet } from '../fleet/fleet.ts';
import type { Partition } from '../client/partition.ts';
import { actText, noteAct } from '../events/notes.ts';

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

/** @param by the operator who asks: each act is written down */
export function openDeadLetters(
  partition: Partition,
  now: () => number = Date.now,
  by?: string,
): DeadLetters {
  const queue = openQuietQueue(DEAD_LETTER_QUEUE, partition.connection, partition.prefix);
  const fleet = openFleet(partition);

  /** What changes nothing is written down, too: somebody tried. */
  async function noteGone(action: Action, id: string): Promise<void> {
    if (by !== undefined) await noteAct(partition, { actor: by, action, target: id, outcome: 'gone' });
  }

  return {
    async list(from, count) {
      const jobs = await queue.getJobs(['waiting'], from, from + count - 1, true);
      return jobs.map((job) => job.data as DeadLetter);
    },
    count: () => queue.getJobCountByTypes('waiting'),
    async replay(id) {
      const letter = (await queue.getJob(id))?.data as DeadLetter | undefined;
      if (letter === undefined) {
        await noteGone('dead-letter.replay', id);
        return { kind: 'gone' };
      }
      const jobId = `${id}~replay-${randomBytes(5).toString('hex')}`;
      const { handlers, jobs } = await fleet.view();
      const today = letter.handler === undefined ? jobs.get(letter.job ?? '') : handlers.get(letter.handler);
      const queueName = today?.queue ?? letter.queue;
      const kind = await replay(partition, { ...letter, queue: queueName }, jobId, now(), by);
      if (kind === 'gone') await noteGone('dead-letter.replay', id);
      return kind === 'gone' ? { kind } : { kind, jobId, queue: queueName };
    },
    async discard(id) {
      const letter = (await queue.getJob(id))?.data as DeadLetter | undefined;
      const isDiscarded =
        letter !== undefined && (await discard(partition, letter, now(), by)) === 'discarded';
      if (!isDiscarded) await noteGone('dead-letter.discard', id);
      return isDiscarded;
    },
  };
}

type Action = 'dead-letter.replay' | 'dead-letter.discard';

function actOf(by: string | undefined, act: Omit<OperatorAct, 'actor'>): string {
  return actText(by === undefined ? undefined : { actor: by, ...act });
}

async function replay(
  partition: Partition,
  letter: DeadLetter,
  queuedId: string,
  now: number,
  by: string | undefined,
): Promise<'replayed' | 'gone'> {
  const { id, eventId, handler, job, queue } = letter;
  const { keys } = partition;
  const request = { queue, jobId: queuedId, timestamp: now };
  const act = actOf(by, {
    action: 'dead-letter.replay',
    target: id,
    outcome: 'replayed',
    detail: `as ${queuedId} in the queue ${queue}`,
  });
  if (eventId !== undefined && handler !== undefined) {
    const work: Work = { kind: 'delivery', event: eventId, handler };
    return partition.run('replay-delivery', {
      keys: { event: keys.event(eventId) },
      args: { letter: id, id: eventId, handler, now, queue, queuedId, act },
      add: { run: partition.add({ ...request, name: handler, work }) },
    });
  }
  return partition.run('replay-job', {
    keys: { job: keys.job(id) },
    args: { letter: id, now, queue, queuedId, act },
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
  by: string | undefined,
): Promise<'discarded' | 'gone'> {
  const { keys } = partition;
  const act = actOf(by, { action: 'dead-letter.discard', target: id, outcome: 'discarded' });
  if (eventId === undefined || handler === undefined)
    return partition.run('discard-job', {
      keys: { job: keys.job(id) },
      args: { letter: id, retention: DISCARDED_MS, act },
    });
  return partition.run('discard-delivery', {
    keys: { event: keys.event(eventId) },
    args: { letter: id, id: eventId, handler, now, retention: DISCARDED_MS, act },
  });
}
