import assert from 'node:assert/strict';
import {
  eventIdOf,
  type AttemptSnapshot,
  type History,
  type RefusalSnapshot,
  type SeriesPoint,
} from '@hookline/core';
import { attemptOf, blockOf, eventOf } from './history-samples.ts';
import type { Promises } from './history-searches.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
/** A midnight. */
const START = 1_699_920_000_000;

function received(source: string, number: number, at: number, took = 20) {
  const id = eventIdOf(source, `evt_${number}`);
  return eventOf(number, { id, source, receivedAt: at, verifiedAt: at, recordedAt: at + took });
}

function attempted(
  event: ReturnType<typeof received>,
  changed: Partial<AttemptSnapshot> = {},
): AttemptSnapshot {
  const startedAt = event.recordedAt + 100;
  const { number = 1, handler = 'mail' } = changed;
  const run = `${event.id}-${handler}-${number}`;
  return { ...attemptOf(event, number), handler, run, startedAt, endedAt: startedAt + 1_000, ...changed };
}

function refused(id: string, at: number, changed: Partial<RefusalSnapshot> = {}): RefusalSnapshot {
  return {
    id,
    at,
    source: 'eu',
    provider: 'stripe',
    status: 401,
    reason: 'mismatch',
    likely: undefined,
    headers: {},
    excerpt: Buffer.alloc(0),
    bytes: 0,
    suppressed: 0,
    peer: undefined,
    ...changed,
  };
}

async function summarizeAll(history: History): Promise<number> {
  for (let minutes = 0; ;) {
    const step = await history.summarize();
    minutes += step.minutes;
    if (!step.more) return minutes;
  }
}

/** A point without its times, which are not exact. */
function countsOf({ at, accepted, handled, failed, dead, refused }: SeriesPoint) {
  return [(at - START) / MINUTE, accepted, handled, failed, dead, refused];
}

function near(actual: number | undefined, expected: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= expected / 10,
    `${actual} is not about ${expected}`,
  );
}

const [EU, US] = [received('eu', 1, START + 61_000), received('us', 2, START + 62_000, 40)];
const WEEK = {
  events: [EU, US, received('us', 3, START + 7 * DAY)],
  attempts: [
    attempted(EU, { outcome: 'retried' }),
    attempted(EU, { number: 2, startedAt: START + 3 * MINUTE, endedAt: START + 3 * MINUTE + 50 }),
    attempted(US, { handler: 'ship', outcome: 'dead' }),
  ],
  refusals: [
    refused('r1', START + MINUTE),
    refused('r2', START + 2 * MINUTE - 1, { suppressed: 4 }),
    refused('r3', START + 2 * MINUTE, { source: 'us', reason: 'stale' }),
  ],
};

/** What every history knows of what happened over time. */
export const ACTIVITY: Promises = {
  'gives a point for every step of a time, by source and handler': async (history) => {
    await history.record(blockOf(WEEK));
    await summarizeAll(history);
    const range = { from: START + MINUTE, until: START + 5 * MINUTE, step: MINUTE };
    const counts = async (of: { readonly source?: string; readonly handler?: string }) =>
      (await history.series({ ...range, ...of })).map(countsOf);
    assert.deepEqual(await counts({}), [
      [1, 2, 0, 2, 1, 6],
      [2, 0, 0, 0, 0, 1],
      [3, 0, 1, 0, 0, 0],
      [4, 0, 0, 0, 0, 0],
    ]);
    assert.deepEqual((await counts({ source: 'eu' })).slice(0, 3), [
      [1, 1, 0, 1, 0, 6],
      [2, 0, 0, 0, 0, 0],
      [3, 0, 1, 0, 0, 0],
    ]);
    assert.deepEqual((await counts({ handler: 'ship' }))[0], [1, 2, 0, 1, 1, 6]);
    assert.deepEqual((await counts({ source: 'eu', handler: 'ship' }))[0], [1, 1, 0, 0, 0, 6]);
    assert.deepEqual((await counts({ source: 'nobody' }))[0], [1, 0, 0, 0, 0, 0]);
  },
  'tells how long things took, at most a tenth off': async (history) => {
    await history.record(blockOf(WEEK));
    await summarizeAll(history);
    const [first, , third, fourth] = await history.series({
      from: START + MINUTE,
      until: START + 5 * MINUTE,
      step: MINUTE,
    });
    near(first?.ackP50, 20);
    near(first?.ackP99, 40);
    near(first?.waitP50, 100);
    near(first?.runP99, 1_000);
    near(third?.runP50, 50);
    assert.equal(third?.waitP50, undefined, 'only a first attempt waits');
    assert.deepEqual(Object.keys(fourth ?? {}), ['at', 'accepted', 'handled', 'failed', 'dead', 'refused']);
  },
  'does not take for a wait how long a dead delivery lay until somebody replayed it': async (history) => {
    const late = START + 3 * MINUTE;
    const attempts = [
      attempted(EU, { outcome: 'dead' }),
      attempted(EU, { run: 'replay', startedAt: late, endedAt: late + 1 }),
    ];
    await history.record(blockOf({ events: [EU], attempts }));
    await summarizeAll(history);
    const [point] = await history.series({ from: late, until: late + 1, step: MINUTE });
    assert.deepEqual([point?.handled, point?.waitP50], [1, undefined]);
  },
  'sums to the same in any step, and begins with the step that holds the beginning': async (history) => {
    await history.record(blockOf(WEEK));
    await summarizeAll(history);
    for (const minutes of [1, 5, 7, 15, 30, 60, 90, 360, 1_440, 11_520]) {
      const step = minutes * MINUTE;
      const until = minutes < 15 ? START + DAY : START + 8 * DAY;
      const points = await history.series({ from: START + MINUTE, until, step });
      const first = Math.floor((START + MINUTE) / step) * step;
      assert.deepEqual(
        points.map(({ at }) => at),
        Array.from({ length: Math.ceil((until - first) / step) }, (_, at) => first + at * step),
      );
      const sum = (field: 'accepted' | 'handled' | 'failed' | 'dead' | 'refused') =>
        points.reduce((all, point) => all + point[field], 0);
      assert.deepEqual(
        [sum('accepted'), sum('handled'), sum('failed'), sum('dead'), sum('refused')],
        [minutes < 15 ? 2 : 3, 1, 2, 1, 7],
        `${minutes} minutes`,
      );
    }
  },
  'refuses a step that is not whole minutes, and too many points': async (history) => {
    const asks = (until: number, step: number) => history.series({ from: START, until: START + until, step });
    assert.equal((await asks(1_500 * MINUTE, MINUTE)).length, 1_500);
    assert.deepEqual(await asks(-MINUTE, MINUTE), []);
    await assert.rejects(asks(1_501 * MINUTE, MINUTE), RangeError);
    for (const step of [0, -MINUTE, 90_000, 1, Number.NaN, Infinity])
      await assert.rejects(asks(DAY, step), RangeError);
  },
  'comes to the same whatever is recorded again, late, or before its event': async (history) => {
    const { events, attempts, refusals } = WEEK;
    for (const block of [
      { attempts },
      { refusals },
      { events: events.slice(1) },
      { events },
      { attempts, refusals, events },
    ]) {
      await history.record(blockOf(block));
      await summarizeAll(history);
    }
    const range = { from: START, until: START + 5 * MINUTE, step: 5 * MINUTE };
    const [point] = await history.series(range);
    assert.deepEqual(point && countsOf(point), [0, 2, 1, 2, 1, 7]);
    near(point?.waitP50, 100);
    const [own] = await history.series({ ...range, source: 'eu' });
    assert.deepEqual(own && countsOf(own), [0, 1, 1, 1, 0, 6]);
    assert.equal(await summarizeAll(history), 0, 'all was summed');
  },
  'sums in small steps': async (history) => {
    const events = Array.from({ length: 150 }, (_, at) => received('eu', at, START + at * MINUTE));
    await history.record(blockOf({ events }));
    const first = await history.summarize();
    assert.ok(first.more && first.minutes > 0 && first.minutes < 100, `${first.minutes} minutes`);
    assert.equal(first.minutes + (await summarizeAll(history)), 150);
    const points = await history.series({ from: START, until: START + 150 * MINUTE, step: 150 * MINUTE });
    assert.equal(
      points.reduce((all, { accepted }) => all + accepted, 0),
      150,
    );
  },
  'keeps the sums of what is forgotten for as long as they are to be kept': async (history) => {
    const of = (number: number) => received('eu', number, START + DAY + number * MINUTE);
    const events = Array.from({ length: 20 }, (_, number) => of(number));
    await history.record(
      blockOf({ events, attempts: events.map((event) => attempted(event)), refusals: WEEK.refusals }),
    );
    // Also of minutes that were not summed yet.
    await history.prune({ before: START, perSource: { eu: { most: 5 } }, mostRefusals: 0 });
    await history.record(blockOf({ attempts: [attempted(of(2), { number: 9 })], events: [of(3)] }));
    await summarizeAll(history);
    const total = async () => {
      const points = await history.series({ from: START, until: START + 2 * DAY, step: DAY });
      return (['accepted', 'handled', 'refused'] as const).map((field) =>
        points.reduce((sum, point) => sum + point[field], 0),
      );
    };
    assert.deepEqual(await total(), [20, 20, 7]);
    await history.prune({ before: START + DAY - 6 * 60 * MINUTE });
    assert.deepEqual(await total(), [20, 20, 0]);
    await history.prune({ before: START + 3 * DAY });
    assert.deepEqual(await total(), [0, 0, 0]);
  },
  'sums up what came in on each source': async (history) => {
    await history.record(
      blockOf({
        ...WEEK,
        refusals: [
          ...WEEK.refusals,
          refused('r4', START, { source: 'who', provider: undefined, reason: 'unknown' }),
        ],
      }),
    );
    await summarizeAll(history);
    const range = { from: START + MINUTE, until: START + 2 * DAY };
    assert.deepEqual(await history.sources(range), [
      {
        source: 'eu',
        provider: 'stripe',
        events: 1,
        refused: { mismatch: 6 },
        lastEventAt: START + 61_000,
        lastRefusalAt: START + 2 * MINUTE - 1,
      },
      {
        source: 'us',
        provider: 'stripe',
        events: 1,
        refused: { stale: 1 },
        lastEventAt: START + 7 * DAY,
        lastRefusalAt: START + 2 * MINUTE,
      },
      {
        source: 'who',
        provider: undefined,
        events: 0,
        refused: {},
        lastEventAt: undefined,
        lastRefusalAt: START,
      },
    ]);
    await history.prune({ before: START + 30 * DAY });
    assert.deepEqual(
      (await history.sources(range)).map(({ source, events, lastEventAt }) => [source, events, lastEventAt]),
      [
        ['eu', 0, START + 61_000],
        ['us', 0, START + 7 * DAY],
      ],
    );
  },
  'knows the rhythm of a source': async (history) => {
    // Every two hours by day, and not by night; the last day is far back when somebody looks.
    const times = Array.from({ length: 10 }, (_, day) =>
      [8, 10, 12, 14, 16, 18].map((hour) => day * DAY + hour * 60 * MINUTE),
    ).flat();
    const events = times.map((time, number) => received('eu', number, START + time));
    const steady = Array.from({ length: 300 }, (_, number) =>
      received('us', number, START + number * MINUTE),
    );
    const once = received('new', 1, START);
    await history.record(blockOf({ events: [...events, ...steady, once] }));
    await summarizeAll(history);
    const gaps = (await history.sources({ from: START, until: START + 60 * DAY })).map(
      ({ source, usualGap }) => [source, usualGap],
    );
    assert.deepEqual(
      gaps.map(([source]) => source),
      ['eu', 'new', 'us'],
    );
    near(Number(gaps[0]?.[1]), 14 * 60 * MINUTE);
    assert.equal(gaps[1]?.[1], undefined);
    assert.equal(gaps[2]?.[1], MINUTE);
  },
  'sums up what each handler did': async (history) => {
    await history.record(blockOf(WEEK));
    await summarizeAll(history);
    const [mail, ship, ...rest] = await history.handlers({ from: START, until: START + 2 * MINUTE });
    assert.deepEqual(rest, []);
    assert.deepEqual(
      [mail, ship].map((each) => [each?.handler, each?.succeeded, each?.failed, each?.dead, each?.lastAt]),
      [
        ['mail', 0, 1, 0, START + 3 * MINUTE + 50],
        ['ship', 0, 1, 1, WEEK.attempts[2]?.endedAt],
      ],
    );
    near(mail?.runP50, 1_000);
    near(mail?.waitP99, 100);
    const [later] = await history.handlers({ from: START + 2 * MINUTE, until: START + DAY });
    assert.deepEqual([later?.succeeded, later?.waitP50], [1, undefined]);
    near(later?.runP50, 50);
  },
};
