import type { JobsOptions } from 'bullmq';

/** A job that a script of ours took, as turn.lua tells of it: what is not there is null, and nothing is there of a damaged one. */
export interface TakenJob {
  readonly id: string;
  readonly told: readonly (Buffer | null | undefined)[];
}

/** A job that was ended by the script which settled its work. */
export interface EndedTurn {
  /** What the script took in its place; `undefined` where it took nothing. */
  readonly taken: TakenJob | undefined;
}

/** How a job may be ended by the script that settles its work. */
export interface PlainEnd {
  /** How many ended jobs the queue keeps. */
  readonly kept: number;
  /** Whether the next job is to be taken in the same step. */
  readonly takes: boolean;
}

/** The places in `told`: turn.lua's order. */
const PLACES = {
  name: 0,
  data: 1,
  opts: 2,
  priority: 3,
  timestamp: 4,
  made: 5,
  started: 6,
  stalled: 7,
  schedule: 8,
  deferredFailure: 9,
  parent: 10,
  deduplication: 11,
} as const;
type Field = keyof typeof PLACES;

export function textOf({ told }: TakenJob, field: Field): string | undefined {
  const value = told[PLACES[field]];
  return value == null ? undefined : String(value);
}

export function numberOf(job: TakenJob, field: Field): number {
  return Number(textOf(job, field) ?? 0);
}

/** What a job holds as JSON; nothing where that is damaged: anybody may write to Redis. */
function valueOf(job: TakenJob, field: Field): unknown {
  try {
    return JSON.parse(textOf(job, field) ?? '{}');
  } catch {
    return {};
  }
}

export const dataOf = (job: TakenJob): unknown => valueOf(job, 'data');
export const optionsOf = (job: TakenJob): JobsOptions => valueOf(job, 'opts') as JobsOptions;

const has = ({ told }: TakenJob, field: Field) => told[PLACES[field]] != null;

/** Whether BullMQ has something to do as such a job begins: it came from a schedule, or is to fail at once. */
export function beginsByBullMQ(job: TakenJob): boolean {
  return has(job, 'schedule') || has(job, 'deferredFailure');
}

/** Whether BullMQ has more to do as such a job ends than to count it: others wait for its end. */
export function endsByBullMQ(job: TakenJob): boolean {
  return has(job, 'parent') || has(job, 'deduplication') || has(job, 'schedule');
}
