import type { JobDefinition } from './job.ts';

/** A job that runs by the clock, once per slot however many workers run. */
export interface ScheduleDefinition<Data = unknown> {
  readonly name: string;
  /** Five fields, or six with seconds first: `0 * * * *` is every full hour. */
  readonly cron: string;
  /** An IANA time zone, always explicit: `Europe/Berlin`, `UTC`. */
  readonly timezone: string;
  /** The job to run, or its name. */
  readonly job: JobDefinition<Data> | string;
  readonly data?: NoInfer<Data>;
  /**
   * What becomes of a slot that passed while no worker ran: `once` runs it late (several missed ones count as
   * one), `skip` waits for the next. Default `once`.
   */
  readonly missed?: 'skip' | 'once';
}

/** Adds types to a schedule: `data` must be what the job takes. */
export function defineSchedule<Data>(definition: ScheduleDefinition<Data>): ScheduleDefinition<Data> {
  return definition;
}
