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

/** Names of months and days, which are the same every time; a parser's other letters draw at random. */
const NAMES = 'JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT';
/** One field: `*`, numbers, names, ranges, steps, lists, `L` for the last and `#` for the n-th of a month. */
const FIELD = new RegExp(`^(?:[\\d*/,#-]|L|${NAMES})+$`, 'i');

/**
 * What is wrong with a schedule's time, beyond what a parser of cron finds: parsers fill fields in that are missing,
 * so that `0 9 * *` would be every minute of an hour of the 9th, and know words that are another time each time.
 * @returns what is wrong and what to write; undefined when nothing is
 */
export function cronProblem(cron: string, timezone: string): string | undefined {
  const fields = cron.trim().split(/\s+/);
  const count = cron.trim() === '' ? 0 : fields.length;
  if (count !== 5 && count !== 6)
    return `cron '${cron}' has ${count === 1 ? '1 field' : `${count} fields`}; write five, as in '0 9 * * *' (minute, hour, day, month, weekday), or six with seconds first`;
  const odd = fields.find((field) => !FIELD.test(field));
  if (odd !== undefined)
    return `cron '${cron}' has the field '${odd}'; write *, numbers, ranges like 1-5, steps like */10, lists, or names like MON`;
  if (!isZone(timezone))
    return `time zone '${timezone}' is no IANA time zone; write one like Europe/Berlin, or UTC`;
  return undefined;
}

function isZone(name: string): boolean {
  // An offset is no zone: it knows no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
