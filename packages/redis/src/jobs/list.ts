import type { JobPage, JobQuery } from '@hookline/core';
import { jobsKey } from '../client/keys.ts';
import type { Partition } from '../client/partition.ts';
import { SUMMARY_FIELDS, summaryFromRow, type SummaryRow } from './record.ts';

/** Of data in one page: 4 MiB are 6 ms of Redis's time (7.0.15). */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * One page of a partition's jobs.
 * @param created when the job `after` was, as Redis has it; must be given where that lies in another partition
 */
export async function listJobs(
  partition: Partition,
  { status, name, after = '', count }: JobQuery,
  created = '',
): Promise<JobPage> {
  const [kind, found, more] = await partition.run('list-jobs', {
    keys: { list: jobsKey(partition.keys, name, status) },
    args: { after, created, count, bytes: PAGE_BYTES },
    lists: { summary: SUMMARY_FIELDS },
  });
  if (kind === 'unknown-cursor') return { kind };
  const jobs = (found as [Buffer, SummaryRow][]).flatMap(
    ([id, row]) => summaryFromRow(id.toString(), row) ?? [],
  );
  const last = jobs.at(-1);
  return { kind: 'page', jobs, ...(more === 1 && last !== undefined ? { next: last.id } : {}) };
}
