import { randomBytes } from 'node:crypto';
import { openFleet } from '../fleet/fleet.ts';
import type { Work } from '@hookline/core';
import type { Queue } from 'bullmq';
import { KEPT_JOBS } from '../bullmq/add-job.ts';
import { pausedSchedulesOf } from '../bullmq/paused-schedules.ts';
import type { Partition } from '../client/partition.ts';

/** A schedule as operators see it. Times in milliseconds since the epoch. */
export interface ScheduleSummary {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly job: string;
  readonly queue: string;
  readonly isPaused: boolean;
  /** When it runs next; `undefined` while it is paused. */
  readonly nextAt: number | undefined;
  /** Whether a live worker announces it. */
  readonly isAnnounced: boolean;
  /** Those of its runs that its queue still keeps, newest first. */
  readonly runs: readonly ScheduleRun[];
}

export interface ScheduleRun {
  readonly jobId: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly outcome: 'running' | 'waiting' | 'succeeded' | 'failed';
  readonly error: string | undefined;
}

const MOST_JOBS = 300;
const MOST_RUNS = 20;

/** Every schedule that is set or paused, by name. */
export async function listSchedules(
  partition: Partition,
  queues: readonly Queue[],
): Promise<readonly ScheduleSummary[]> {
  const [fleet, paused] = await Promise.all([openFleet(partition).view(), pausedSchedulesOf(partition)]);
  const found = await Promise.all(
    queues.map(async (queue) => {
      const set = await queue.getJobSchedulers();
      const known = [
        ...set.map(({ key, name, pattern = '', tz = 'UTC', next }) => ({
          name: key,
          job: name,
          cron: pattern,
          timezone: tz,
          queue: queue.name,
          isPaused: false,
          nextAt: next,
        })),
        ...[...paused.values()]
          .filter((each) => each.queue === queue.name && !set.some(({ key }) => key === each.name))
          .map(({ name, job, cron, timezone }) => ({
            name,
            job,
            cron,
            timezone,
            queue: queue.name,
            isPaused: true,
            nextAt: undefined,
          })),
      ];
      if (known.length === 0) return [];
      const runs = await runsOf(queue);
      return known.map((each) => ({
        ...each,
        isAnnounced: fleet.schedules.has(each.name),
        runs: (runs.get(each.name) ?? []).slice(0, MOST_RUNS),
      }));
    }),
  );
  return found.flat().toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** The runs of each schedule that a queue keeps: by the clock, or because somebody asked. */
async function runsOf(queue: Queue): Promise<ReadonlyMap<string, readonly ScheduleRun[]>> {
  const runs = new Map<string, ScheduleRun[]>();
  // Most of what a queue keeps are no schedules' runs: their ids say so, and the jobs themselves need not be read.
  const ids = await queue.getRanges(['active', 'waiting', 'completed', 'failed'], 0, MOST_JOBS);
  const jobs = await Promise.all(ids.filter((id) => RUN.test(id)).map((id) => queue.getJob(id)));
  for (const job of jobs) {
    const schedule = scheduleOf(job?.id, job?.repeatJobKey);
    if (job?.id === undefined || schedule === undefined) continue;
    const list = runs.get(schedule) ?? [];
    list.push({
      jobId: job.id,
      startedAt: job.processedOn,
      endedAt: job.finishedOn,
      outcome: outcomeOf(job),
      error: job.failedReason === '' ? undefined : job.failedReason,
    });
    runs.set(schedule, list);
  }
  for (const list of runs.values())
    list.sort((a, b) => (b.startedAt ?? Infinity) - (a.startedAt ?? Infinity));
  return runs;
}

type Job = Awaited<ReturnType<Queue['getJobs']>>[number];

function outcomeOf({ finishedOn, processedOn, failedReason }: Job): ScheduleRun['outcome'] {
  if (finishedOn === undefined) return processedOn === undefined ? 'waiting' : 'running';
  return failedReason === undefined || failedReason === '' ? 'succeeded' : 'failed';
}

/** BullMQ's id of a schedule's run, and ours of one by hand. */
const RUN = /^(?:repeat:|by-hand~)/;
const BY_HAND = /^by-hand~(.+)~[0-9a-f]{10}$/;

function scheduleOf(id: string | undefined, repeatJobKey: string | undefined): string | undefined {
  return repeatJobKey ?? BY_HAND.exec(id ?? '')?.[1];
}

/** Runs a schedule's job once, now, beside the clock. @returns the job's id; `undefined` when there is no such schedule */
export async function runSchedule(
  partition: Partition,
  queues: readonly Queue[],
  name: string,
  now: number,
): Promise<string | undefined> {
  const schedule = await findSchedule(partition, queues, name);
  if (schedule === undefined) return undefined;
  const { queue, job, data } = schedule;
  const jobId = `by-hand~${name}~${randomBytes(5).toString('hex')}`;
  await queue.add(job, data, { ...KEPT_JOBS, jobId, timestamp: now });
  return jobId;
}

/** Takes a schedule off the clock until it is let go on; what runs already runs to its end. @returns false when there is none */
export async function pauseSchedule(
  { connection, keys, ...partition }: Partition,
  queues: readonly Queue[],
  name: string,
): Promise<boolean> {
  const schedule = await findSchedule({ connection, keys, ...partition }, queues, name);
  if (schedule === undefined) return false;
  const { queue, job, cron, timezone, data } = schedule;
  // First it is noted: whoever dies between leaves one that is on the clock still, and can be paused again.
  const noted = JSON.stringify({ name, job, cron, timezone, data, queue: queue.name });
  await connection.hset(keys.pausedSchedules, name, noted);
  await queue.removeJobScheduler(name);
  return true;
}

/** Puts a paused schedule back on the clock. @returns false when none of this name is paused */
export async function resumeSchedule(
  partition: Partition,
  queues: readonly Queue[],
  name: string,
): Promise<boolean> {
  const schedule = (await pausedSchedulesOf(partition)).get(name);
  const queue = queues.find((each) => each.name === schedule?.queue);
  if (schedule === undefined || queue === undefined) return false;
  const { cron, timezone, job, data } = schedule;
  await queue.upsertJobScheduler(name, { pattern: cron, tz: timezone }, { name: job, data, opts: KEPT_JOBS });
  await partition.connection.hdel(partition.keys.pausedSchedules, name);
  return true;
}

async function findSchedule(partition: Partition, queues: readonly Queue[], name: string) {
  for (const queue of queues) {
    const set = (await queue.getJobSchedulers()).find(({ key }) => key === name);
    if (set === undefined) continue;
    const { name: job, pattern: cron = '', tz: timezone = 'UTC', template } = set;
    return { queue, job, cron, timezone, data: template?.data as Work };
  }
  const paused = (await pausedSchedulesOf(partition)).get(name);
  const queue = queues.find((each) => each.name === paused?.queue);
  return paused === undefined || queue === undefined ? undefined : { ...paused, queue };
}
