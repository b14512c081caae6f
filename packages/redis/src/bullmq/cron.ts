import type { RepeatOptions } from 'bullmq';
import { CronExpressionParser } from 'cron-parser';

const DAY_MS = 86_400_000;

/**
 * The next time a cron pattern is due, in milliseconds since the epoch. A local time that the clocks leave out is due
 * when it would have been had they not changed: 02:30 at 03:30, and midnight at 01:00.
 * @throws Error when the pattern or the time zone is not one
 */
export function nextSlot(cron: string, timezone: string, after: number): number {
  const next = CronExpressionParser.parse(cron, { currentDate: new Date(after), tz: timezone })
    .next()
    .getTime();
  return leftOutSlot(cron, timezone, after, next) ?? next;
}

/**
 * A slot between these two that cron-parser 5.10 passes over: in `0 0 * * *` the day on which Cairo, Beirut or Havana
 * leave midnight out. A pattern for every hour needs none: its hours follow each other all the same.
 */
function leftOutSlot(cron: string, timezone: string, after: number, before: number): number | undefined {
  const hours = cron.trim().split(/\s+/).at(-4);
  if (hours === '*') return undefined;
  const localTime = localTimeIn(timezone);
  for (const gap of gapsBetween(localTime, after - DAY_MS, before)) {
    const begin = gap.at + gap.offset;
    const from = new Date(Math.max(begin - 1, after + gap.offset));
    const slot = CronExpressionParser.parse(cron, { currentDate: from, tz: 'UTC' }).next().getTime();
    const due = slot - gap.offset;
    if (slot < begin + gap.length && due < before) return due;
  }
  return undefined;
}

/** Where the clocks are put forward. Times in milliseconds. */
interface Gap {
  readonly at: number;
  /** Before it: local time less UTC. */
  readonly offset: number;
  readonly length: number;
}

/** A whole day that is left out, as in Samoa in 2011, is no day: nothing of it is due. */
function* gapsBetween(localTime: (at: number) => number, from: number, to: number): Generator<Gap> {
  const offsetAt = (at: number) => localTime(at) - at;
  for (let start = wholeSecond(from); start < to; start += DAY_MS) {
    const end = wholeSecond(Math.min(start + DAY_MS, to));
    const offset = offsetAt(start);
    const length = offsetAt(end) - offset;
    if (length <= 0 || length >= DAY_MS) continue;
    let [last, first] = [start, end];
    while (first - last > 1_000) {
      const middle = wholeSecond((first + last) / 2);
      if (offsetAt(middle) === offset) last = middle;
      else first = middle;
    }
    yield { at: first, offset, length };
  }
}

function wholeSecond(at: number): number {
  return Math.floor(at / 1_000) * 1_000;
}

/** What the clocks show at a time, as if it were UTC. */
function localTimeIn(timezone: string): (at: number) => number {
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
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  };
}

/** BullMQ's schedulers ask this in place of cron-parser. */
export function repeatStrategy(millis: number, { pattern, tz }: RepeatOptions): number | undefined {
  return pattern === undefined ? undefined : nextSlot(pattern, tz ?? 'UTC', millis);
}
