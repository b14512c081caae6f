import type { Work } from '@hookline/core';
import type { Job } from 'bullmq';

/**
 * What is stored as a BullMQ job's data: the same work that a job of the worker app is, so that a file in
 * `apps/worker/src/jobs` runs it as well.
 */
export type StoredWork = Extract<Work, { kind: 'job' }> & {
  /** The lost workers that a manual retry has forgiven. */
  readonly forgiven?: number;
};

export type BullJob = Job<StoredWork, unknown, string>;

/** The work of a job; one that was added with plain BullMQ is its data. */
export function workOf({ data }: BullJob): StoredWork {
  const stored: unknown = data;
  const isWork = typeof stored === 'object' && stored !== null && 'kind' in stored && stored.kind === 'job';
  return isWork ? data : { kind: 'job', data: stored };
}
