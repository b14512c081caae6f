import { KEY_PATTERNS } from '../../client/keys.ts';

/** By what a key, or a member of a collection, is known to belong to a partition. */
export type By = 'event' | 'work' | 'subject' | 'job';

/** The step of a move in which a key goes. What others are looked up by goes after them. */
export type Step = 'members' | 'jobs' | 'events';

/** What becomes of a key when the number of partitions changes. */
export type MoveRule =
  /** It says how far the change is. */
  | { readonly kind: 'stays' }
  /** It is written anew, runs out by itself, or is nothing without the processes that were there before. */
  | { readonly kind: 'drop' }
  /** There is one, at home. */
  | { readonly kind: 'home' }
  /** Each partition has one of its own that says the same. */
  | { readonly kind: 'each' }
  /** Each has what any of them had: fields, or members. */
  | { readonly kind: 'union' }
  /** Numbers that count for all of them together. */
  | { readonly kind: 'sum' }
  /** It is known by an id, wherever a copy of that event may come. */
  | { readonly kind: 'known' }
  /** It goes as a whole, to where its name belongs. */
  | { readonly kind: 'whole'; readonly by: Exclude<By, 'job'>; readonly step: Step }
  /** Each member goes where it belongs itself. */
  | { readonly kind: 'members'; readonly by: By }
  /** A stream of what nobody has recorded yet, in its order. */
  | { readonly kind: 'notes' }
  /** What changed is read anew; what was told of attempts stands nowhere else. */
  | { readonly kind: 'changes' }
  /** BullMQ's. See queues.ts. */
  | { readonly kind: 'queue' };

const DROP = { kind: 'drop' } as const;
const HOME = { kind: 'home' } as const;
const EACH = { kind: 'each' } as const;
const STAYS = { kind: 'stays' } as const;
const BY_EVENT = { kind: 'members', by: 'event' } as const;
const BY_WORK = { kind: 'members', by: 'work' } as const;
const BY_JOB = { kind: 'members', by: 'job' } as const;
const BY_SUBJECT = { kind: 'members', by: 'subject' } as const;
const OF_EVENT = { kind: 'whole', by: 'event', step: 'events' } as const;
const OF_WORK = { kind: 'whole', by: 'work', step: 'jobs' } as const;
const OF_SUBJECT = { kind: 'whole', by: 'subject', step: 'events' } as const;

/** A new key has none until somebody has thought of it: then this does not compile. */
export const MOVE_RULES = {
  layout: STAYS,
  partOf: STAYS,
  moving: STAYS,
  movingJobs: STAYS,
  movingNotes: STAYS,
  learnedSecrets: HOME,
  secretsSeen: HOME,
  event: OF_EVENT,
  staged: DROP,
  deliveries: OF_EVENT,
  eventsOfStatus: BY_EVENT,
  subjectRules: HOME,
  known: { kind: 'known' },
  history: EACH,
  // What lies in a partition is recorded anew from its beginning: the history knows what it has.
  recordedOnce: DROP,
  recorderLease: DROP,
  changes: { kind: 'changes' },
  audit: { kind: 'notes' },
  refusals: { kind: 'notes' },
  eventsUnclaimed: BY_EVENT,
  expiring: BY_EVENT,
  shed: BY_EVENT,
  job: OF_WORK,
  jobStream: OF_WORK,
  jobs: BY_WORK,
  jobsOfName: BY_WORK,
  jobsOfStatus: BY_WORK,
  jobsOfNameAndStatus: BY_WORK,
  jobsExpiring: BY_WORK,
  jobsCancelled: DROP,
  publicUrl: EACH,
  commitBarrier: DROP,
  attempts: OF_WORK,
  effects: OF_WORK,
  queues: { kind: 'union' },
  repairs: { kind: 'sum' },
  rescuerLease: DROP,
  processes: DROP,
  process: DROP,
  announcements: DROP,
  departed: { kind: 'union' },
  appeared: DROP,
  unworked: DROP,
  unknown: DROP,
  revision: DROP,
  pausedHandlers: { kind: 'union' },
  heldFor: BY_JOB,
  arrivals: { kind: 'union' },
  arriving: OF_SUBJECT,
  lineWaiters: OF_SUBJECT,
  line: OF_SUBJECT,
  lineHolders: BY_SUBJECT,
  // Rounds are given anew, in the order that they stand in.
  fair: DROP,
  bursts: BY_SUBJECT,
  newestVersion: OF_SUBJECT,
  brake: EACH,
  brakePasses: BY_JOB,
  brakesLease: DROP,
  pausedSchedules: HOME,
  replays: HOME,
  replaysUnderWay: HOME,
  replaysLease: DROP,
  replayTwin: HOME,
  replay: { kind: 'sum' },
  replayEvents: HOME,
  replayRuns: BY_WORK,
  replayOpen: BY_WORK,
  alerts: HOME,
  alertsLease: DROP,
  alertsTold: HOME,
  alertsOutbox: HOME,
  queueDepths: HOME,
  plans: DROP,
  runClaim: DROP,
  permits: DROP,
  permitsBegun: DROP,
  permitsAsked: DROP,
  bullJob: { kind: 'queue' },
  bullLock: { kind: 'queue' },
} as const satisfies Record<keyof typeof KEY_PATTERNS, MoveRule>;

/** A key that was found, and what its name says. */
export interface FoundKey {
  readonly key: string;
  readonly name: keyof typeof KEY_PATTERNS;
  /** What stands in the places that the pattern leaves open. */
  readonly values: readonly string[];
  readonly rule: MoveRule;
}

interface Shape {
  readonly name: keyof typeof KEY_PATTERNS;
  readonly expression: RegExp;
  readonly literal: number;
}

const OPEN: Readonly<Record<string, string>> = { subject: '([0-9a-f]{40})', queue: '([^:/]+)' };

const SHAPES: readonly Shape[] = Object.entries(KEY_PATTERNS)
  .map(([name, pattern]): Shape => {
    const parts = pattern.split(/\{(\w+)\}/);
    const expression = parts
      .map((part, at) =>
        at % 2 === 1 ? (OPEN[part] ?? '(.+)') : part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&'),
      )
      .join('');
    return {
      name: name as keyof typeof KEY_PATTERNS,
      expression: new RegExp(`^${expression}$`, 's'),
      literal: parts.filter((_, at) => at % 2 === 0).join('').length,
    };
  })
  // The more a pattern says, the less it is mistaken for.
  .toSorted((a, b) => b.literal - a.literal);

/** What a key of a partition is. @returns `undefined` for one that is none of ours */
export function keyFound(prefix: string, key: string): FoundKey | undefined {
  const rest = key.slice(prefix.length);
  for (const { name, expression } of SHAPES) {
    const values = expression.exec(rest)?.slice(1);
    if (values !== undefined) return { key, name, values, rule: MOVE_RULES[name] };
  }
  return undefined;
}

/** The same of a key that a longer pattern was mistaken for: the id of a job may end like the name of its stream. */
export function asJob(prefix: string, key: string): FoundKey {
  const id = key.slice(`${prefix}/job/`.length);
  return { key, name: 'job', values: [id], rule: MOVE_RULES.job };
}
