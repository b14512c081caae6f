import { createHash } from 'node:crypto';
import type { BurialReason } from './settle.ts';
import type { SerializedError } from './errors.ts';
import type { EventId } from './event.ts';
import type { JobRunOptions } from './job-service.ts';

/** The queue of everything that names no queue of its own. */
export const DEFAULT_QUEUE = 'default';
/** The queue that holds dead letters; nobody works on it. */
export const DEAD_LETTER_QUEUE = 'dead-letter';

/** What a queued job is about. Stored as the job's data, so it is small and holds no secrets: bodies stay in the event store. */
export type Work =
  | {
      readonly kind: 'event';
      readonly event: EventId;
      readonly source: string;
      readonly provider: string;
      readonly type: string;
    }
  /**
   * `asksDelay`: whoever knows the handler is yet to ask its own function how long the event is to wait.
   * `asksFilter`: whoever knows it is yet to ask its filter: it is part of a replay of the whole event.
   */
  | {
      readonly kind: 'delivery';
      readonly event: EventId;
      readonly handler: string;
      readonly asksDelay?: boolean;
      readonly asksFilter?: boolean;
    }
  /** `id` names the work where the queue's own job id does not: across replays its history and effects go on. */
  | {
      readonly kind: 'job';
      readonly data: unknown;
      readonly id?: string;
      readonly options?: JobRunOptions;
      readonly metadata?: Readonly<Record<string, unknown>>;
    }
  /** Nothing to do: a worker process asks whether its queue gives it jobs. */
  | { readonly kind: 'canary' };

/** What a job is to do, with only what is given of it. */
export function jobWork({
  id,
  data,
  options,
  metadata,
}: {
  readonly id?: string | undefined;
  readonly data: unknown;
  readonly options?: JobRunOptions | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}): Work & { readonly kind: 'job' } {
  return {
    kind: 'job',
    ...(id === undefined ? {} : { id }),
    data,
    ...(options === undefined ? {} : { options }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** One failed try, kept for the dead letter. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly error: SerializedError;
}

/** A job that will not be tried again by itself. `id` is what `dead replay` takes. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly jobId: string;
  readonly reason: BurialReason;
  readonly error: SerializedError;
  readonly attempts: readonly AttemptRecord[];
  readonly buriedAt: number;
  /** Present for a delivery. */
  readonly eventId?: EventId;
  readonly handler?: string;
  /** Present for a job. */
  readonly job?: string;
  readonly data?: unknown;
  readonly options?: JobRunOptions;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Whether a handler, job, schedule or queue may have this name. Part of job ids and keys, so it is narrow. */
export function isName(value: string): boolean {
  return NAME.test(value);
}

/** The id of one event's way to one handler, and of its job. `~` is in neither part, so no two pairs share one. */
export function deliveryIdOf(event: EventId, handler: string): string {
  return `${event}~${handler}`;
}

/** Longer ids than this are made short again: a job that queues its successor would grow them for ever. */
const LONGEST_CHAINED_ID = 200;

/** The id of the job that a piece of work queues at this place: the same each time it is asked for. */
export function chainedIdOf(workId: string, name: string, position: number): string {
  const id = `${workId}~${name}~${position}`;
  if (id.length <= LONGEST_CHAINED_ID) return id;
  return `chain~${createHash('sha256').update(workId).digest('base64url')}~${name}~${position}`;
}
