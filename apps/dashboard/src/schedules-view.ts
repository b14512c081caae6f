import { listSchedules, type ScheduleSummary } from '@hookline/redis';
import cronstrue from 'cronstrue';
import type { Ask } from './desk.ts';

export interface ScheduleView extends ScheduleSummary {
  /** The pattern in words. */
  readonly says: string;
}

export async function loadSchedules({ desk }: Pick<Ask, 'desk'>): Promise<readonly ScheduleView[]> {
  const schedules = await listSchedules(desk.log.partitions, await desk.queues());
  return schedules.map((schedule) => ({ ...schedule, says: inWords(schedule.cron) }));
}

/** A pattern that is not understood stands for itself. */
export function inWords(cron: string): string {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true });
  } catch {
    return cron;
  }
}
