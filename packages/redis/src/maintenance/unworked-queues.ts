import { DEAD_LETTER_QUEUE, DEFAULT_QUEUE, type FleetView, type Work } from '@hookline/core';
import type { Job, JobType, Queue } from 'bullmq';
import { openQuietQueue } from '../bullmq/add-job.ts';
import type { Partition } from '../client/partition.ts';
import { wholeWork } from '../bullmq/stored-work.ts';
import { moveWork } from '../run/move-work.ts';
import { deliveryRef, type WorkRef } from '../run/work-ref.ts';

const PAGE = 100;
/** Pages that one look reads of each list. */
const PAGES = 10;
const LISTS = ['wait', 'prioritized', 'delayed'] as const satisfies readonly JobType[];

export interface UnworkedParts {
  readonly partition: Partition;
  readonly now: () => number;
  /** Milliseconds after which work that no live worker knows becomes a dead letter. */
  readonly unclaimedAfter: number;
}

/**
 * Sees to queues that no live worker works on: what has another queue by now is moved there. What nobody knows waits for
 * its workers to come back; after `unclaimedAfter` it goes to the default queue, whose workers make it a dead letter.
 * A queue that an operator has paused is left as it is.
 */
export class UnworkedQueues {
  readonly #parts: UnworkedParts;
  /** Since when each has had no worker, by Redis's clock. */
  readonly #since = new Map<string, number>();

  constructor(parts: UnworkedParts) {
    this.#parts = parts;
  }

  /** @returns the ids of the work that was moved */
  async look(queues: Iterable<string>, fleet: FleetView): Promise<readonly string[]> {
    const { connection, keys } = this.#parts.partition;
    const moved: string[] = [];
    for (const name of queues) {
      if (name === DEAD_LETTER_QUEUE) continue;
      if (fleet.queues.has(name)) {
        if (this.#since.delete(name)) await connection.hdel(keys.unworked, name);
        continue;
      }
      await connection.hsetnx(keys.unworked, name, fleet.at);
      const since = Number((await connection.hget(keys.unworked, name)) ?? fleet.at);
      this.#since.set(name, since);
      moved.push(...(await this.#empty(name, since, fleet)));
    }
    return moved;
  }

  async #empty(name: string, since: number, fleet: FleetView): Promise<readonly string[]> {
    const { connection, prefix } = this.#parts.partition;
    const queue = openQuietQueue(name, connection, prefix);
    if (await queue.isPaused()) return [];
    const moved: string[] = [];
    for (const list of LISTS) {
      for (let page = 0, skip = 0; page < PAGES; page += 1) {
        const jobs = (await queue.getJobs([list], skip, skip + PAGE - 1, true)).filter(Boolean);
        for (const job of jobs) {
          const id = await this.#move(queue, job, since, fleet);
          if (id === undefined) skip += 1;
          else moved.push(id);
        }
        if (jobs.length < PAGE) break;
      }
    }
    return moved;
  }

  async #move(queue: Queue, job: Job, since: number, fleet: FleetView): Promise<string | undefined> {
    const { partition, now, unclaimedAfter } = this.#parts;
    const ref = refOf(job);
    if (ref === undefined || job.id === undefined) return undefined;
    const home =
      ref.kind === 'delivery' ? fleet.handlers.get(ref.handler)?.queue : fleet.jobs.get(ref.job)?.queue;
    const isGivenUp = home === undefined && fleet.at - since >= unclaimedAfter;
    if (home === undefined && !isGivenUp) return undefined;
    const reply = await moveWork(partition, {
      ref,
      queue: queue.name,
      jobId: job.id,
      newQueue: home ?? DEFAULT_QUEUE,
      timestamp: now(),
      delay: isGivenUp ? 0 : await delayOf(partition, queue.name, job.id, now()),
      priority: job.opts.priority,
      takesRemains: true,
      ...(isGivenUp ? { unclaimedSince: since } : {}),
    });
    return reply === 'moved' ? ref.workId : undefined;
  }
}

/** The work of a job; a schedule's next run belongs to its schedule and is seen to with that. */
function refOf({ id = '', name, data }: Job): WorkRef | undefined {
  const work = wholeWork(data, id, name) as Work;
  if (id.startsWith('repeat:')) return undefined;
  if (work.kind === 'delivery') return deliveryRef(work.event, work.handler);
  if (work.kind === 'job' && work.id !== undefined) return { kind: 'job', workId: work.id, job: name, work };
  return undefined;
}

/** Milliseconds that a delayed job still has to wait: BullMQ's score holds the time above its lowest 12 bits. */
async function delayOf(partition: Partition, queue: string, id: string, now: number): Promise<number> {
  const score = await partition.connection.zscore(partition.keys.bullJob(queue, 'delayed'), id);
  return score === null ? 0 : Math.max(0, Math.floor(Number(score) / 0x1000) - now);
}
