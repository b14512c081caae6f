import type { RepeatOptions } from 'bullmq';
import { CronExpressionParser } from 'cron-parser';

const DAY_MS = 86_400_000;
/** As long as the rarest day takes to come again: 29 February, over a year that has none. */
const FURTHEST_MS = 9 * 366 * DAY_MS;
const EVERY_HOUR = /^(?:\*|\*\/1|0-23)$/;

/**
 * The next time a cron pattern is due, in milliseconds since the epoch. A local time that the clocks leave out is due
 * when it would have been had they not changed: 02:30 at 03:30, and midnight at 01:00. One that comes twice counts once.
 * A pattern for every hour goes on from hour to hour, whatever the clocks show.
 *
 * Only local times are asked of cron-parser: with a zone, 5.10 loses the day on which Cairo, Beirut or Havana leave
 * midnight out, and finds no time at all where Lord Howe puts its clocks back by half an hour.
 * @throws Error when the pattern or the time zone is not one, or never comes
 */
export function nextSlot(cron: string, timezone: string, after: number): number {
  const isEveryHour = EVERY_HOUR.test(cron.trim().split(/\s+/).at(-4) ?? '');
  const offsetAt = offsetsIn(timezone);
  /** The first local time from this one on. */
  const localFrom = (from: number) =>
    CronExpressionParser.parse(cron, { currentDate: new Date(from - 1), tz: 'UTC' })
      .next()
      .getTime();
  let begin = wholeSecond(after - DAY_MS);
  /** Local times before it have been. */
  let been = -Infinity;
  while (begin < after + FURTHEST_MS) {
    const offset = offsetAt(begin);
    const due = localFrom(Math.max(begin + offset, after + 1 + offset, been)) - offset;
    const change = firstChange(offsetAt, begin, due);
    if (change === undefined) return due;
    const gap = change.offset - offset;
    if (!isEveryHour && gap < 0) been = change.at + offset;
    // A whole day that is left out, as in Samoa in 2011, is no day: nothing of it is due.
    if (!isEveryHour && gap > 0 && gap < DAY_MS) {
      const leftOut = localFrom(Math.max(change.at, after + 1) + offset);
      const next = localFrom(Math.max(change.at, after + 1) + change.offset) - change.offset;
      if (leftOut < change.at + change.offset) return Math.min(leftOut - offset, next);
    }
    begin = change.at;
  }
  throw new Error(`cron '${cron}' never comes`);
}

/** When the clocks of a zone are changed, and by how much local time is ahead of UTC from then on. Milliseconds. */
interface Change {
  readonly at: number;
  readonly offset: number;
}

/** The first change after `from`, up to `to`. */
function firstChange(offsetAt: (at: number) => number, from: number, to: number): Change | undefined {
  const offset = offsetAt(from);
  for (let start = from; start < to; start += DAY_MS) {
    const end = Math.min(start + DAY_MS, to);
    if (offsetAt(end) === offset) continue;
    let [last, first] = [start, end];
    while (first - last > 1_000) {
      const middle = wholeSecond((first + last) / 2);
      if (offsetAt(middle) === offset) last = middle;
      else first = middle;
    }
    return { at: first, offset: offsetAt(first) };
  }
  return undefined;
}

function wholeSecond(at: number): number {
  return Math.floor(at / 1_000) * 1_000;
}

/** By how much local time is ahead of UTC at a whole second. */
function offsetsIn(timezone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at;
  };
}

/** BullMQ's schedulers ask this in place of cron-parser. */
export function repeatStrategy(millis: number, { pattern, tz }: RepeatOptions): number | undefined {
  return pattern === undefined ? undefined : nextSlot(pattern, tz ?? 'UTC', millis);
}
