import type { Logger, Registry, Schedule, Work } from '@hookline/core';
import { Queue } from 'bullmq';
import { KEPT_JOBS } from '../bullmq/add-job.ts';

/**
 * Makes the schedulers in Redis match the definitions: new ones are added, changed ones replaced, vanished ones
 * removed. One that has not changed is left alone: replacing it would drop a run that is already due.
 * Safe to run from any number of workers at once, because ids are the schedules' names.
 */
export async function reconcileSchedules(
  registry: Registry,
  queues: readonly Queue[],
  log: Logger,
): Promise<void> {
  for (const queue of queues) {
    const wanted = new Map(
      [...registry.schedules].filter(([, schedule]) => registry.jobs.get(schedule.job)?.queue === queue.name),
    );
    for (const existing of await queue.getJobSchedulers()) {
      const schedule = wanted.get(existing.key);
      if (schedule === undefined) {
        await queue.removeJobScheduler(existing.key);
        log.info('schedule removed', { schedule: existing.key, queue: queue.name });
      } else if (isSame(schedule, existing)) {
        wanted.delete(existing.key);
      }
    }
    for (const schedule of wanted.values()) {
      const work: Work = { kind: 'job', data: schedule.data };
      await queue.upsertJobScheduler(
        schedule.name,
        { pattern: schedule.cron, tz: schedule.timezone },
        { name: schedule.job, data: work, opts: KEPT_JOBS },
      );
      log.info('schedule set', { schedule: schedule.name, cron: schedule.cron, timezone: schedule.timezone });
    }
  }
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
