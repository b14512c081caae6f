import { randomBytes } from 'node:crypto';
import { DEFAULT_QUEUE, deliveryIdOf, type EventId, type Work } from '@hookline/core';
import type { Fleet } from '../fleet/fleet.ts';
import { newQueuedId, QUEUEING_FIELDS, queueingFromRow } from '../jobs/record.ts';
import { factsFrom, readFields } from '../events/record.ts';
import type { JobRequest, Partition } from '../client/partition.ts';

/** Work that is not settled and whose job seems to be gone. */
export interface LostWork {
  readonly kind: 'event' | 'delivery' | 'job';
  readonly id: string;
  /** Of a delivery. */
  readonly handler: string;
  /** The job that should run it. */
  readonly queue: string;
  readonly jobId: string;
  /** `unlisted`: it may still stand in a list that is long to read. */
  readonly where: 'missing' | 'ended' | 'unlisted';
  /** Of an unlisted one: the same later on says that it has not gone from list to list meanwhile. */
  readonly motion: string;
}

export interface LostWorkParts {
  readonly partition: Partition;
  readonly fleet: Fleet;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A place in a list of unsettled work: a score, and how many of that score are known already. */
interface Place {
  readonly from: string;
  readonly skip: number;
}

const START: Place = { from: '-inf', skip: 0 };
const PAGE = 500;

export type LostWorkFinder = () => Promise<FoundLost>;

export interface FoundLost {
  readonly lost: readonly LostWork[];
  /** How much unsettled work of the list is older than this page. */
  readonly before: number;
  readonly isAtEnd: boolean;
}

/** Goes through one list of unsettled work, oldest first, a page at a time; after the end it begins again. */
export function createLostWorkFinder(
  { partition, fleet }: LostWorkParts,
  kind: LostWork['kind'],
  list: string,
  age: number,
): LostWorkFinder {
  let place = START;
  return async () => {
    const { handlers } = await fleet.view();
    const queueByHandler = JSON.stringify(
      Object.fromEntries([...handlers.values()].map(({ name, queue }) => [name, queue])),
    );
    const reply = await partition.run('find-lost-work', {
      keys: { list },
      args: { kind, from: place.from, skip: place.skip, count: PAGE, age, queueByHandler },
    });
    const [count, from, skip, rows] = reply as [number, Buffer, number, Buffer[][]];
    const isAtEnd = count < PAGE;
    const first = rows[0]?.[0];
    const before = first === undefined ? 0 : ((await partition.connection.zrank(list, first)) ?? 0);
    place = isAtEnd ? START : { from: from.toString(), skip };
    const found = rows.map((row): LostWork => {
      const [id = '', handler = '', queue = '', jobId = '', where, motion = ''] = row.map(String);
      return { kind, id, handler, queue, jobId, where: where as LostWork['where'], motion };
    });
    return { lost: found, before, isAtEnd };
  };
}

/** Queues lost work anew, if it still is lost. @returns whether it was */
export async function requeue(parts: LostWorkParts, lost: LostWork): Promise<boolean> {
  const { partition } = parts;
  const request = await requestFor(parts, lost);
  if (request === undefined) return false;
  const { kind, id, handler, queue, jobId, motion } = lost;
  const reply = await partition.run('requeue', {
    keys: { repairs: partition.keys.repairs },
    args: { kind, id, handler, queue, jobId, motion, newQueue: request.queue, newJobId: request.jobId },
    add: { run: partition.add(request) },
  });
  return reply === 'requeued';
}

async function requestFor(
  { partition, fleet, now }: LostWorkParts,
  { kind, id, handler: name, queue }: LostWork,
): Promise<JobRequest | undefined> {
  const timestamp = now();
  const { handlers, jobs } = await fleet.view();
  if (kind === 'job') {
    const kept = queueingFromRow(
      id,
      await partition.connection.hmget(partition.keys.job(id), ...QUEUEING_FIELDS),
    );
    if (kept === undefined) return undefined;
    const { runAt = timestamp, priority } = kept;
    return {
      queue: jobs.get(kept.name)?.queue ?? kept.queue,
      jobId: newQueuedId(id),
      name: kept.name,
      work: kept.work,
      timestamp,
      delay: runAt - timestamp,
      ...(priority === undefined ? {} : { priority }),
    };
  }
  const [record] = await readFields(partition, id, ['status']);
  if (record === null) return undefined;
  const { source, provider, type, priority: kept, receivedAt } = factsFrom(record.toString());
  const priority = kept === 0 ? {} : { priority: kept };
  const event = id as EventId;
  if (kind === 'event') {
    const work: Work = { kind: 'event', event, source, provider, type };
    return { queue: DEFAULT_QUEUE, jobId: id, name: type, work, timestamp, ...priority };
  }
  const handler = handlers.get(name);
  // A delay that depends on the event has had its time: what was lost is late as it is.
  const wait = typeof handler?.delay === 'number' ? handler.delay : 0;
  return {
    queue: handler?.queue ?? queue,
    jobId: `${deliveryIdOf(event, name)}~requeued-${randomBytes(5).toString('hex')}`,
    name,
    work: {
      kind: 'delivery',
      event,
      handler: name,
    },
    timestamp,
    delay: Math.max(0, receivedAt + wait - timestamp),
    ...priority,
  };
}
