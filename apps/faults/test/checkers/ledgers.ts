import { eventIdOf } from '@hookline/core';
import type { Ledger } from '../../src/checkers/invariants.ts';
import type { EffectLine } from '../../src/checkers/ledger.ts';
import { planEvents, type PlannedEvent } from '../../src/workload/workload.ts';

export const START = Date.UTC(2026, 10, 22, 12);
export const WORKER = 4_242;

/** A run in which everything went well, although worker 0 was killed once, long before its last event. */
export function soundLedger(seed = 7, count = 60): Ledger {
  const planned = planEvents(seed, count);
  return {
    planned,
    answers: planned.map(({ id }, n) => ({ id, status: 200, ms: 4, at: START + n, to: 0 })),
    effects: planned.flatMap((event) =>
      event.expected
        .filter(({ ends }) => ends === 'effect')
        .flatMap(({ handler }) => [line('begin', event, handler), line('effect', event, handler)]),
    ),
    bank: planned
      .filter(({ kind }) => kind === 'bank')
      .map(({ id, n }) => ({ key: `key-${n}`, id, repeated: false, at: START + n })),
    rest: {
      events: planned.map((event) => ({
        event: eventIdOf(event.source, event.id),
        id: event.id,
        status: event.kind === 'doomed' ? 'dead' : 'handled',
        sha: event.sha,
        intact: true,
        deliveries: Object.fromEntries(
          event.expected.map(({ handler, ends }) => [handler, ends === 'dead' ? 'dead' : 'succeeded']),
        ),
        isUnclaimed: false,
      })),
      deadLetters: planned
        .filter(({ kind }) => kind === 'doomed')
        .map((event) => ({
          event: eventIdOf(event.source, event.id),
          handler: 'doomed',
          reason: 'attempts-exhausted',
          attempts: 3,
        })),
      liveJobs: [],
      orphanJobs: [],
      repairs: {},
    },
    faults: [
      { kind: 'SIGKILL', target: 'worker 0', pids: [WORKER], at: START - 60_000, until: START - 60_000 },
    ],
    lives: [
      {
        role: 'worker',
        slot: 0,
        pid: WORKER,
        from: START - 90_000,
        to: START - 60_000,
        code: null,
        signal: 'SIGKILL',
        asked: 'SIGKILL',
        pauses: [],
        faults: {},
      },
    ],
    answerWithin: 500,
    ordered: true,
  };
}

export function line(what: EffectLine['what'], event: PlannedEvent, handler: string): EffectLine {
  const at = START + event.n * 10;
  return {
    what,
    id: event.id,
    handler,
    attempt: 1,
    key: `${event.id}~${handler}`,
    sha: event.sha,
    pid: WORKER,
    at,
    received: at - 5,
    source: event.source,
  };
}

/** The same run where a history is kept: what has settled has left Redis for it, dead letters apart. */
export function soundHistory(
  seed = 7,
  count = 60,
): Ledger & { readonly history: NonNullable<Ledger['history']> } {
  const ledger = soundLedger(seed, count);
  const recorded = ledger.rest.events.map(({ event, id, status, sha, deliveries }) => ({
    event,
    id,
    status,
    sha,
    bodySha: sha,
    deliveries,
    attempts: Object.entries(deliveries).map(([handler, end]) => `${handler} ${end}`),
  }));
  const events = ledger.rest.events.filter(({ status }) => status === 'dead');
  return { ...ledger, rest: { ...ledger.rest, events }, history: { recorded, missed: [] } };
}
