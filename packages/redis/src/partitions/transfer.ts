import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import type { Imported, MovedJob, MovedQueued } from '../jobs/transfer/moved-job.ts';
import * as single from '../jobs/transfer/transfer.ts';
import { mergeSorted } from './merge-sorted.ts';

export interface JobTransferOptions extends Omit<single.JobTransferOptions, 'partition'> {
  readonly partitions: Partitions;
}

/**
 * Moves jobs from one Redis, or prefix, to another, over all partitions. Each job is put where one of its id belongs:
 * importing is one step for those of each partition, and asking again adds what is missing and nothing twice.
 */
export function openJobTransfer({ partitions, ...options }: JobTransferOptions): single.JobTransfer {
  const transferOf = (partition: Partition) => single.openJobTransfer({ ...options, partition });
  if (partitions.all.length === 1) return transferOf(partitions.home);
  return {
    export: () =>
      mergeSorted(
        partitions.all.map((partition) => transferOf(partition).export()),
        compareMoved,
      ),
    async import(jobs) {
      const places = await Promise.all(jobs.map((job) => placeOf(partitions, job)));
      const outcomes = new Map<MovedJob, Imported>();
      await Promise.all(
        partitions.all.map(async (partition) => {
          const its = jobs.filter((_, index) => places[index] === partition);
          const imported = its.length === 0 ? [] : await transferOf(partition).import(its);
          for (const [index, job] of its.entries()) outcomes.set(job, imported[index] ?? 'known');
        }),
      );
      return jobs.map((job) => outcomes.get(job) ?? 'known');
    },
  };
}

/** Where a job is, or is to be put: a handler may have put it beside its event. */
async function placeOf(partitions: Partitions, job: MovedJob): Promise<Partition> {
  const held = await Promise.all(
    partitions.all.map(({ connection, keys }) =>
      job.kind === 'tracked'
        ? connection.hexists(keys.job(job.id), 'status')
        : connection.exists(keys.bullJob(job.queue, job.id)),
    ),
  );
  return partitions.all[held.indexOf(1)] ?? partitions.ofId(job.id);
}

const STATES = ['active', 'waiting', 'delayed', 'failed'] as const satisfies readonly MovedQueued['state'][];

/** As one partition gives them: tracked jobs by age, then those that are only in a queue, a queue after the other. */
function compareMoved(one: MovedJob, other: MovedJob): number {
  if (one.kind === 'queued' && other.kind === 'queued')
    return (
      compareText(one.queue, other.queue) ||
      STATES.indexOf(one.state) - STATES.indexOf(other.state) ||
      one.created - other.created
    );
  if (one.kind !== other.kind) return one.kind === 'tracked' ? -1 : 1;
  return one.created - other.created;
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
