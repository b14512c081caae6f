import type { FleetView, Logger, Registry, Schedule, Work } from '@hookline/core';
import type { Queue } from 'bullmq';
import { KEPT_JOBS } from '../bullmq/add-job.ts';
import { notePausedSchedule, pausedSchedulesOf } from '../bullmq/paused-schedules.ts';
import type { Partition } from '../client/partition.ts';

/**
 * Sets this worker's schedules: new ones are added, changed ones replaced, and those whose job has another queue now are
 * moved. One that has not changed is left alone: replacing it would drop a run that is already due.
 * One that an operator paused stays paused.
 * Safe to run from any number of workers at once, because ids are the schedules' names.
 */
export async function setSchedules(
  partition: Partition,
  registry: Registry,
  queues: readonly Queue[],
  log: Logger,
): Promise<void> {
  const paused = await pausedSchedulesOf(partition);
  for (const queue of queues) {
    const wanted = new Map(
      [...registry.schedules].filter(([, schedule]) => registry.jobs.get(schedule.job)?.queue === queue.name),
    );
    for (const existing of await queue.getJobSchedulers()) {
      const schedule = wanted.get(existing.key);
      if (schedule !== undefined && isSame(schedule, existing)) wanted.delete(existing.key);
      if (schedule === undefined && registry.schedules.has(existing.key))
        await queue.removeJobScheduler(existing.key);
    }
    for (const schedule of wanted.values()) {
      const work: Work = { kind: 'job', data: schedule.data };
      if (paused.has(schedule.name)) {
        const { name, cron, timezone, job } = schedule;
        await notePausedSchedule(partition, { name, cron, timezone, job, queue: queue.name, data: work });
        log.warn('schedule paused by an operator: it does not run', { schedule: name });
        continue;
      }
      await queue.upsertJobScheduler(
        schedule.name,
        { pattern: schedule.cron, tz: schedule.timezone },
        { name: schedule.job, data: work, opts: KEPT_JOBS },
      );
      log.info('schedule set', { schedule: schedule.name, cron: schedule.cron, timezone: schedule.timezone });
    }
  }
}

/** How long schedules that nobody announces are kept. Milliseconds. */
export interface ScheduleGrace {
  /** When a worker knows the schedule's job: then its definition was taken away. */
  readonly ofKnownJob: number;
  /** When none does: then whoever defined it may only be away. */
  readonly ofUnknownJob: number;
}

/**
 * Takes away schedules that no live worker announces. A worker of another application never does that to ours: as long
 * as it does not know the schedule's job, it cannot tell a schedule that was removed from one whose workers are away.
 * @returns their names
 */
export async function retireSchedules(
  { connection, keys }: Partition,
  fleet: FleetView,
  queues: readonly Queue[],
  grace: ScheduleGrace,
): Promise<readonly string[]> {
  const retired: string[] = [];
  const leftAt = new Map(fleet.departed.schedules.map((schedule) => [schedule.name, schedule.leftAt]));
  for (const queue of queues) {
    for (const { key, name: job } of await queue.getJobSchedulers()) {
      if (fleet.schedules.has(key)) continue;
      const since = leftAt.get(key);
      // One that no worker of this version has announced yet.
      if (since === undefined) {
        const noted = `${fleet.at} ${JSON.stringify({ name: key, job })}`;
        await connection.hsetnx(keys.departed, `schedules/${key}`, noted);
      } else if (fleet.at - since >= (fleet.jobs.has(job) ? grace.ofKnownJob : grace.ofUnknownJob)) {
        await queue.removeJobScheduler(key);
        await connection.hdel(keys.departed, `schedules/${key}`);
        retired.push(key);
      }
    }
  }
  return retired;
}

type Existing = Awaited<ReturnType<Queue['getJobSchedulers']>>[number];

function isSame(schedule: Schedule, existing: Existing): boolean {
  const data = (existing.template?.data as Extract<Work, { kind: 'job' }> | undefined)?.data;
  return (
    existing.pattern === schedule.cron &&
    existing.tz === schedule.timezone &&
    existing.name === schedule.job &&
    JSON.stringify(data) === JSON.stringify(schedule.data)
  );
}
