import { describe, expect, it } from '@jest/globals';
import { eventIdOf, type Issue, type SourceSummary } from '@hookline/core';
import type { QueueDepths, ScheduleRun, SystemState } from '@hookline/redis';
import { backlogSignals, depthsOf } from '../../src/signals/backlog.ts';
import { brakeSignals } from '../../src/signals/handlers.ts';
import { issueSignals } from '../../src/signals/issues.ts';
import { recorderSignals } from '../../src/signals/recorder-lag.ts';
import { refusalSignals } from '../../src/signals/refusals.ts';
import { scheduleSignals } from '../../src/signals/schedules.ts';
import { detailOf, isAlert, type Signal } from '../../src/signals/signal.ts';
import { silentSourceSignals } from '../../src/signals/silent-sources.ts';
import { systemSignals } from '../../src/system-warnings.ts';

const MINUTE = 60_000;
const keys = (signals: readonly Signal[]) => signals.map(({ key }) => key);
const alerts = (signals: readonly Signal[]) => keys(signals.filter(isAlert));

const queue = {
  name: 'email',
  waiting: 0,
  prioritized: 0,
  active: 0,
  delayed: 0,
  completed: 0,
  failed: 0,
  paused: false,
};
const process = { role: 'worker', host: 'a', pid: 1, version: '1', startedAt: 0, at: 0, detail: {} };
const well: SystemState = {
  at: 10 * MINUTE,
  queues: [queue],
  deadLetters: 0,
  events: { received: 0, queued: 0, dispatched: 0, dead: 0, settled: 0 },
  memory: { used: 1, max: 10, ratio: 0.1, policy: 'noeviction' },
  appendfsync: 'always',
  nodes: [],
  away: [],
  sweeper: {},
  unknown: [],
  processes: [
    { ...process, id: '1' },
    { ...process, id: '2', role: 'receiver' },
  ],
};

describe('a braked handler', () => {
  it('is an alert that says why, until its brake is off', () => {
    const brake = {
      since: 1,
      by: 'host:7',
      fingerprint: 'a1',
      title: 'connect ECONNREFUSED',
      phase: 'probing',
      held: 3,
    } as const;
    const signals = brakeSignals(new Map([['charge', brake]]));
    expect(alerts(signals)).toEqual(['brake:charge']);
    expect(signals.map(detailOf)).toEqual([
      'The handler charge is braked, with 3 deliveries waiting, because what it depends on fails: connect ECONNREFUSED',
    ]);
    expect(brakeSignals(new Map())).toEqual([]);
  });
});

describe('a growing backlog', () => {
  const at = 20 * MINUTE;
  const depths = (...waiting: readonly number[]): readonly QueueDepths[] =>
    waiting.map((count, index) => ({ at: at - (index + 1) * MINUTE, waiting: { email: count } }));
  const told = (
    now: Partial<typeof queue & { readonly unworkedSince: number }>,
    before: readonly QueueDepths[],
    age = 2 * MINUTE,
  ) =>
    backlogSignals(
      { at, queues: [{ ...queue, waiting: 50, ...now }] },
      before,
      new Map([['email', at - age]]),
    );

  it('is one that holds clearly more than five minutes before, and whose next job is old', () => {
    const signals = told({ prioritized: 10 }, depths(45, 40, 35, 30, 20, 1));
    expect(keys(signals)).toEqual(['backlog:email']);
    expect(detailOf(signals[0] as Signal)).toMatch(
      /^The queue email grows: 60 jobs wait, 40 more than 5 min ago, the next one for 2 min\./,
    );
  });

  it.each<[string, ReturnType<typeof told>]>([
    ['nothing is known of before', told({}, [])],
    ['only a shorter time is known', told({}, depths(40, 30, 20))],
    ['what is known is too old', told({}, [{ at: at - 8 * MINUTE, waiting: { email: 1 } }])],
    ['it was empty in between', told({}, depths(40, 30, 0, 20, 10))],
    ['it holds hardly more', told({}, depths(45, 45, 45, 45, 41))],
    ['it holds a few per cent more', told({ waiting: 1_050 }, depths(1_040, 1_030, 1_020, 1_010, 1_000))],
    ['its next job is new', told({}, depths(45, 40, 35, 30, 20), MINUTE)],
    ['it is paused', told({ paused: true }, depths(45, 40, 35, 30, 20))],
    ['nobody works on it, which is told of', told({ unworkedSince: 1 }, depths(45, 40, 35, 30, 20))],
  ])('is none when %s', (_why, signals) => {
    expect(signals).toEqual([]);
  });

  it('is compared with what is noted of every queue', () => {
    expect(depthsOf({ at, queues: [{ ...queue, waiting: 2, prioritized: 3 }] })).toEqual({
      at,
      waiting: { email: 5 },
    });
  });
});

describe('refusals', () => {
  const source = (name: string, refused: number, isKnown = true): SourceSummary => ({
    source: name,
    provider: undefined,
    events: 0,
    refused: refused === 0 ? {} : { signature: refused },
    lastEventAt: isKnown ? 1 : undefined,
  });

  it('are told of from 20 on, where that is five times what is usual', () => {
    expect(keys(refusalSignals([source('stripe', 20)], [source('stripe', 0)]))).toEqual(['refusals:stripe']);
    expect(refusalSignals([source('stripe', 19)], [source('stripe', 0)])).toEqual([]);
    // 288 times five minutes are a day: 6 in each.
    expect(keys(refusalSignals([source('stripe', 30)], [source('stripe', 6 * 288)]))).toEqual([
      'refusals:stripe',
    ]);
    expect(refusalSignals([source('stripe', 29)], [source('stripe', 6 * 288)])).toEqual([]);
  });

  it('of sources that never had an event are one signal, whatever strangers call them', () => {
    const strangers = Array.from({ length: 30 }, (_, index) => source(`made-up-${index}`, 1, false));
    const [signal, ...more] = refusalSignals(strangers, []);
    expect(more).toEqual([]);
    expect(signal).toMatchObject({
      key: 'refusals:(none)',
      title: 'Many refusals on sources without events',
    });
    expect(detailOf(signal as Signal)).toMatch(
      /^30 requests refused .* made-up-4 and others.*signature \(30\)/,
    );
    expect(refusalSignals(strangers, [source('x', 20 * 288, false)])).toEqual([]);
  });
});

describe('a schedule', () => {
  const run = (outcome: ScheduleRun['outcome']): ScheduleRun => ({
    jobId: '1',
    startedAt: 1,
    endedAt: 2,
    outcome,
    error: outcome === 'failed' ? 'no disk' : undefined,
  });
  const told = (runs: readonly ScheduleRun['outcome'][], isPaused = false) =>
    scheduleSignals([{ name: 'nightly', isPaused, runs: runs.map(run) }]);

  it('fails when the last two runs that ended have failed', () => {
    const [signal] = told(['running', 'failed', 'waiting', 'failed', 'succeeded']);
    expect(signal).toMatchObject({ key: 'schedule:nightly', title: 'The schedule nightly fails' });
    expect(detailOf(signal as Signal)).toBe('The last two runs of the schedule nightly failed: no disk');
  });

  it('does not after one failure, a success, or while it is paused', () => {
    expect(told(['failed'])).toEqual([]);
    expect(told(['failed', 'succeeded', 'failed'])).toEqual([]);
    expect(told(['succeeded', 'failed', 'failed'])).toEqual([]);
    expect(told(['failed', 'failed'], true)).toEqual([]);
  });
});

it('says that the history is behind when it is by more than a minute', () => {
  expect(recorderSignals(MINUTE)).toEqual([]);
  expect(keys(recorderSignals(MINUTE + 1))).toEqual(['recorder-lag:history']);
});

it('names each open issue by what it is, so that it is the same until it is over', () => {
  const issue: Issue = {
    fingerprint: '0123456789abcdef',
    handler: 'charge',
    error: { name: 'TypeError', message: 'no card 12' },
    title: 'no card <n>',
    firstSeen: 1,
    lastSeen: 2,
    count: 3,
    recent: [],
    sample: eventIdOf('stripe', 'evt_1'),
    state: 'open',
  };
  expect(issueSignals([issue])).toEqual([
    {
      kind: 'issue',
      key: 'issue:0123456789abcdef',
      title: 'charge fails: TypeError: no card <n>',
      says: ['3 dead letters of charge: ', 'TypeError: no card <n>', ''],
      path: '/admin/issues/0123456789abcdef',
    },
  ]);
});

it('tells of the sources that are silent for longer than they usually are, and of no others', () => {
  const usualGap = 10 * MINUTE;
  const signals = silentSourceSignals(
    [
      { usualGap, source: 'stripe', silentSince: 0 },
      { usualGap, source: 'github', silentSince: undefined },
    ],
    30 * MINUTE,
  );
  expect(keys(signals)).toEqual(['silent-source:stripe']);
  expect(detailOf(signals[0] as Signal)).toBe(
    'The source stripe has been silent for 30 min; usually it is not for longer than 10 min.',
  );
});

describe('the system', () => {
  it('alerts nobody while all is well', () => {
    expect(systemSignals(well)).toEqual([]);
  });

  it('alerts when Redis is nearly full', () => {
    expect(alerts(systemSignals({ ...well, memory: { ...well.memory, ratio: 0.79 } }))).toEqual([]);
    expect(alerts(systemSignals({ ...well, memory: { ...well.memory, ratio: 0.8 } }))).toEqual([
      'memory:redis',
    ]);
  });

  it('alerts when nobody works on a queue with work, after a minute in which workers may restart', () => {
    const told = (waiting: number, ago: number) =>
      alerts(systemSignals({ ...well, queues: [{ ...queue, waiting, unworkedSince: well.at - ago }] }));
    expect(told(1, MINUTE)).toEqual(['unworked:email']);
    expect(told(1, MINUTE - 1)).toEqual([]);
    expect(told(0, MINUTE)).toEqual([]);
  });

  it('only shows what somebody did on purpose, and what cannot be told of', () => {
    const signals = systemSignals({ ...well, deadLetters: 1, queues: [{ ...queue, paused: true }] });
    expect(signals).toHaveLength(2);
    expect(alerts(signals)).toEqual([]);
  });
});
