import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import fc from 'fast-check';
import { nextSlot } from '../../src/index.ts';
import { job, openBench, type Bench } from '../support.ts';

const DAY_MS = 86_400_000;

/** Minutes since midnight. */
function localTime(timezone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => {
    const [hour = 0, minute = 0] = format.format(at).split(':').map(Number);
    return 60 * hour + minute;
  };
}

function localDate(timezone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone });
  return (at) => format.format(at);
}

function slots(cron: string, timezone: string, from: string, count: number): string[] {
  const found: string[] = [];
  for (let at = Date.parse(from); found.length < count; found.push(new Date(at).toISOString()))
    at = nextSlot(cron, timezone, at);
  return found;
}

/** Zones that have put their clocks forward at midnight, and some that do it at another time, or not at all. */
const ZONES = [
  'Africa/Cairo',
  'America/Havana',
  'America/Santiago',
  'America/Asuncion',
  'America/Sao_Paulo',
  'America/Scoresbysund',
  'Asia/Amman',
  'Asia/Beirut',
  'Asia/Damascus',
  'Asia/Gaza',
  'Asia/Tehran',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Apia',
  'Africa/Casablanca',
  'UTC',
];

describe('a schedule whose local time the clocks leave out', () => {
  it('does not lose the day on which there is no midnight', () => {
    expect(slots('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00:00Z', 3)).toEqual([
      '2026-04-23T22:00:00.000Z',
      '2026-04-24T21:00:00.000Z',
      '2026-04-25T21:00:00.000Z',
    ]);
  });

  it('does not lose the week whose day has no midnight', () => {
    expect(slots('0 0 * * 5', 'Africa/Cairo', '2026-04-20T12:00:00Z', 2)).toEqual([
      '2026-04-23T22:00:00.000Z',
      '2026-04-30T21:00:00.000Z',
    ]);
  });

  it('runs at 03:30 what is due at 02:30, and every hour what is due every hour', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', 2)).toEqual([
      '2027-03-28T01:30:00.000Z',
      '2027-03-29T00:30:00.000Z',
    ]);
    expect(slots('15 * * * *', 'Africa/Cairo', '2026-04-23T20:30:00Z', 3)).toEqual([
      '2026-04-23T21:15:00.000Z',
      '2026-04-23T22:15:00.000Z',
      '2026-04-23T23:15:00.000Z',
    ]);
  });

  it('is found where the clocks are put back by half an hour', () => {
    expect(slots('0 1 * * *', 'Australia/Lord_Howe', '2027-04-02T16:00:00Z', 3)).toEqual([
      '2027-04-03T14:00:00.000Z',
      '2027-04-04T14:30:00.000Z',
      '2027-04-05T14:30:00.000Z',
    ]);
  });

  it('runs once when it comes twice, and a pattern for every hour each time', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30:00.000Z',
      '2027-11-01T01:30:00.000Z',
    ]);
    expect(slots('30 * * * *', 'Europe/Berlin', '2027-10-31T00:00:00Z', 3)).toEqual([
      '2027-10-31T00:30:00.000Z',
      '2027-10-31T01:30:00.000Z',
      '2027-10-31T02:30:00.000Z',
    ]);
    expect(slots('30 1-3 * * *', 'Europe/Berlin', '2027-10-30T23:00:00Z', 4)).toEqual([
      '2027-10-30T23:30:00.000Z',
      '2027-10-31T00:30:00.000Z',
      '2027-10-31T02:30:00.000Z',
      '2027-11-01T00:30:00.000Z',
    ]);
  });

  it('runs once on every day that there is, whatever the zone, the year and the time', () => {
    const times = fc.record({
      timezone: fc.constantFrom(...ZONES),
      year: fc.integer({ min: 2012, max: 2036 }),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(times, ({ timezone, year, hour, minute }) => {
        const dateOf = localDate(timezone);
        const days: string[] = [];
        for (let at = Date.UTC(year, 0, 3); at < Date.UTC(year, 11, 28); at += DAY_MS / 24)
          if (days.at(-1) !== dateOf(at)) days.push(dateOf(at));
        const timeOf = localTime(timezone);
        const ran: string[] = [];
        for (let at = Date.UTC(year, 0, 1); ran.at(-1) !== days.at(-1);) {
          at = nextSlot(`${minute} ${hour} * * *`, timezone, at);
          // One that the clocks leave out is late, and may come on the day after its own.
          ran.push(dateOf(timeOf(at) < 60 * hour + minute ? at - DAY_MS / 2 : at));
        }
        expect(ran.slice(ran.indexOf(days[0] ?? ''))).toEqual(days);
      }),
      { numRuns: 40, examples: [[{ timezone: 'America/Scoresbysund', year: 2025, hour: 23, minute: 0 }]] },
    );
  }, 60_000);
});

describe('the schedules of a worker', () => {
  let bench: Bench;
  beforeEach(() => void (bench = openBench()));
  afterEach(() => bench.close());

  it('are due when a midnight that is left out would have been', async () => {
    const noMidnight = nextNightWithoutMidnight();
    const [, month, day] = localDate('Africa/Cairo')(noMidnight).split('-').map(Number);
    const cron = `0 0 ${day} ${month} *`;
    await bench.work({
      jobs: [job('yearly', () => undefined)],
      schedules: [
        {
          name: 'yearly',
          file: 'test',
          cron,
          timezone: 'Africa/Cairo',
          job: 'yearly',
          data: {},
          missed: 'once',
        },
      ],
    });
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    const due = await eventually(async () => (await queue.getJobScheduler('yearly'))?.next ?? false);
    await queue.close();
    expect(due).toBe(noMidnight);
  });
});

function nextNightWithoutMidnight(): number {
  const hour = new Intl.DateTimeFormat('en-US', {
    timeZone: 'Africa/Cairo',
    hourCycle: 'h23',
    hour: '2-digit',
  });
  for (let at = Date.now(); ;) {
    at = nextSlot('0 0 * * *', 'Africa/Cairo', at);
    if (hour.format(at) === '01') return at;
  }
}
