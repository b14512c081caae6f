import { CronExpressionParser } from 'cron-parser';

/**
 * The next time a cron pattern is due, in milliseconds since the epoch.
 * @throws Error when the pattern or the time zone is not one
 */
export function nextSlot(cron: string, timezone: string, after: number): number {
  return CronExpressionParser.parse(cron, { currentDate: new Date(after), tz: timezone })
    .next()
    .getTime();
}
