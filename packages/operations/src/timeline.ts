import type { AttemptOutcome, LogLine } from '@hookline/core';
import type { Outlook } from '@hookline/redis';
import type { EventDetail } from './event-log.ts';

/** One thing that happened to an event, or goes on. Times in milliseconds since the epoch. */
export type TimelineEntry =
  | { readonly at: number; readonly kind: 'received' | 'verified' | 'recorded' | 'settled' | 'shed' }
  /** Between its record and its first attempt; without an end while it goes on. */
  | { readonly at: number; readonly kind: 'waiting'; readonly until?: number }
  | {
      readonly at: number;
      readonly kind: 'attempt';
      readonly until: number;
      readonly handler: string;
      readonly attempt: number;
      readonly worker: string;
      readonly outcome: AttemptOutcome;
      readonly error?: { readonly name: string; readonly message: string; readonly stack?: string };
      readonly log: readonly LogLine[];
    }
  | { readonly at: number; readonly kind: 'dead'; readonly handler: string; readonly attempt: number }
  /** What an operator did: `replayed`, `rerun`, `discarded`. */
  | {
      readonly at: number;
      readonly kind: 'replayed' | 'rerun' | 'discarded' | 'act';
      readonly by: string;
      readonly action: string;
      readonly outcome: string;
      readonly handler?: string;
      readonly detail?: string;
    }
  /** What an open delivery waits for; `at` is now, or when its turn comes. */
  | { readonly at: number; readonly kind: 'open'; readonly handler: string; readonly waitsFor: Outlook };

/** What happened to an event, in order. @param outlook what its open deliveries wait for, by handler */
export function timelineOf(
  { event, attempts, audit }: EventDetail,
  outlook: Readonly<Record<string, Outlook>>,
  now: number,
): readonly TimelineEntry[] {
  const { receivedAt, verifiedAt, recordedAt, settledAt, shedAt } = event;
  const started = Math.min(...attempts.map((attempt) => attempt.startedAt));
  const isWaiting = settledAt === undefined && attempts.length === 0;
  const entries: readonly TimelineEntry[] = [
    { at: receivedAt, kind: 'received' },
    { at: verifiedAt, kind: 'verified' },
    { at: recordedAt, kind: 'recorded' },
    ...(attempts.length > 0
      ? [{ at: recordedAt, kind: 'waiting' as const, until: Math.max(recordedAt, started) }]
      : []),
    ...(isWaiting ? [{ at: recordedAt, kind: 'waiting' as const }] : []),
    ...attempts.flatMap((attempt) => attemptEntries(attempt)),
    ...audit.map((line) => actEntry(line, event.id)),
    ...(settledAt === undefined ? [] : [{ at: settledAt, kind: 'settled' as const }]),
    ...(shedAt === undefined ? [] : [{ at: shedAt, kind: 'shed' as const }]),
    ...Object.entries(outlook).map(([handler, waitsFor]) => ({
      at: waitsFor.kind === 'due' ? waitsFor.at : now,
      kind: 'open' as const,
      handler,
      waitsFor,
    })),
  ];
  // What happened in one millisecond stays in the order of its way.
  return entries.toSorted((a, b) => a.at - b.at);
}

function attemptEntries(attempt: EventDetail['attempts'][number]): readonly TimelineEntry[] {
  const { handler, number, worker, startedAt, endedAt, outcome, error, log } = attempt;
  const entry: TimelineEntry = {
    at: startedAt,
    kind: 'attempt',
    until: endedAt,
    handler,
    attempt: number,
    worker,
    outcome,
    ...(error === undefined ? {} : { error }),
    log,
  };
  return outcome === 'dead' ? [entry, { at: endedAt, kind: 'dead', handler, attempt: number }] : [entry];
}

const KINDS = {
  'dead-letter.replay': 'replayed',
  'event.rerun': 'rerun',
  'dead-letter.discard': 'discarded',
} as const;

function actEntry(line: EventDetail['audit'][number], id: string): TimelineEntry {
  const { at, actor, action, target, outcome, detail } = line;
  const isDone = outcome !== 'gone' && outcome !== 'refused';
  const kind = isDone && Object.hasOwn(KINDS, action) ? KINDS[action as keyof typeof KINDS] : 'act';
  const handler = target.startsWith(`${id}~`) ? target.slice(id.length + 1).split('~')[0] : undefined;
  return {
    at,
    kind,
    by: actor,
    action,
    outcome,
    ...(handler === undefined ? {} : { handler }),
    ...(detail === undefined ? {} : { detail }),
  };
}
