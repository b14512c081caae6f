import type { Work } from '@hookline/core';
import type { Partition } from '../client/partition.ts';

/** A schedule that an operator took off the clock, as it is put back. */
export interface PausedSchedule {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly job: string;
  readonly queue: string;
  readonly data: Work;
}

/** By name. */
export async function pausedSchedulesOf({
  connection,
  keys,
}: Partition): Promise<ReadonlyMap<string, PausedSchedule>> {
  const noted = await connection.hgetall(keys.pausedSchedules);
  return new Map(Object.entries(noted).map(([name, text]) => [name, JSON.parse(text) as PausedSchedule]));
}

/** What a worker defines anew of a paused schedule is what it goes on with. */
export async function notePausedSchedule(
  { connection, keys }: Partition,
  schedule: PausedSchedule,
): Promise<void> {
  await connection.hset(keys.pausedSchedules, schedule.name, JSON.stringify(schedule));
}
