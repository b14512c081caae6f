import type { BullJob } from '../bullmq/job-data.ts';
import type { JobState } from './job.ts';
import type { Store } from './store.ts';

type BullQueue = Store['queue'];

export interface FoundJob {
  readonly job: BullJob;
  readonly state: JobState;
}

/** Part of a list. */
export interface Page {
  /** How many to leave out first. Default 0. */
  readonly offset?: number;
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
}

/** How many jobs of a queue are in each state. */
export interface QueueStats {
  /** Can run now. */
  readonly waiting: number;
  readonly active: number;
  /** Those that are kept. */
  readonly completed: number;
  readonly failed: number;
  /** Wait for their time, or for their next attempt. */
  readonly delayed: number;
}

/** Where BullMQ keeps the jobs of each state, and the order in which they are shown. */
const LISTS = [
  { state: 'active', type: 'active', ascending: true },
  { state: 'waiting', type: 'waiting', ascending: true },
  { state: 'waiting', type: 'prioritized', ascending: true },
  { state: 'delayed', type: 'delayed', ascending: true },
  { state: 'failed', type: 'failed', ascending: false },
  { state: 'completed', type: 'completed', ascending: false },
] as const satisfies readonly { state: JobState; type: string; ascending: boolean }[];

const SCAN_SIZE = 500;

/** A job and its state are two questions: when an attempt ended between them, both are asked again. */
export async function findJob(queue: BullQueue, id: string): Promise<FoundJob | undefined> {
  for (;;) {
    const job = await queue.getJob(id);
    if (job === undefined) return undefined;
    const state = stateOf(await job.getState());
    if (state === undefined) return undefined;
    const isOver = state === 'completed' || state === 'failed';
    if (isOver === (typeof job.finishedOn === 'number')) return { job, state };
  }
}

/** @throws RangeError for a page that cannot be */
export async function listJobs(
  queue: BullQueue,
  state: JobState | undefined,
  { offset = 0, limit = 100 }: Page,
): Promise<FoundJob[]> {
  if (!Number.isInteger(offset) || offset < 0)
    throw new RangeError(`offset is ${offset}: use a whole number from 0`);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
    throw new RangeError(`limit is ${limit}: use a whole number from 1 to 1000`);
  const found: FoundJob[] = [];
  for (const list of LISTS.filter((each) => state === undefined || each.state === state)) {
    const missing = offset + limit - found.length;
    if (missing <= 0) break;
    const jobs = await queue.getJobs([list.type], 0, missing - 1, list.ascending);
    found.push(...jobs.map((job) => ({ job, state: list.state })));
  }
  return found.slice(offset, offset + limit);
}

/** @returns how many were removed; active ones are left */
export async function removeJobsNamed(queue: BullQueue, name: string): Promise<number> {
  let removed = 0;
  for (const { type } of LISTS.filter(({ state }) => state !== 'active')) {
    // All ids first: removing moves those behind it to another page.
    const ids = new Set<string>();
    for (let start = 0; ; start += SCAN_SIZE) {
      const jobs = await queue.getJobs([type], start, start + SCAN_SIZE - 1, true);
      for (const job of jobs) if (job.name === name && job.id !== undefined) ids.add(job.id);
      if (jobs.length === 0) break;
    }
    for (const id of ids) if ((await queue.remove(id)) > 0) removed += 1;
  }
  return removed;
}

export async function countJobs(queue: BullQueue): Promise<QueueStats> {
  const counts = await queue.getJobCounts(...LISTS.map(({ type }) => type));
  const stats = { waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0 };
  for (const { state, type } of LISTS) stats[state] += counts[type] ?? 0;
  return stats;
}

function stateOf(state: Awaited<ReturnType<BullJob['getState']>>): JobState | undefined {
  switch (state) {
    case 'waiting':
    case 'prioritized':
      return 'waiting';
    // Only plain BullMQ's flows wait for children: they cannot run yet.
    case 'waiting-children':
    case 'delayed':
      return 'delayed';
    case 'active':
    case 'completed':
    case 'failed':
      return state;
    case 'unknown':
      return undefined;
  }
}
