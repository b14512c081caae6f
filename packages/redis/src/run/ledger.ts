import type {
  AnnouncedHandler,
  AttemptRecord,
  EventId,
  HooklineEvent,
  LogLine,
  Settlement,
  SubjectRule,
  Version,
  Work,
} from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { TakeJobs } from '../bullmq/consumer.ts';
import type { EndedTurn } from '../bullmq/taken-job.ts';
import type { Run, RunId } from './run-id.ts';
import type { WorkRef } from './work-ref.ts';

/** What the ledger says of work that is about to be run. */
export type Opened<Value> =
  | {
      readonly kind: 'open';
      readonly run: Run;
      readonly value: Value;
      /** Attempts that failed since it was last settled. */
      readonly tries: number;
      /** Workers that died holding it since it was last settled. */
      readonly deaths: number;
      /** The stored bytes are not the ones whose hash was stored with them. */
      readonly damaged: boolean;
      /** Where its handler has a rule for the events of one subject: what tells whether it comes too late. */
      readonly oldness?: Oldness;
      /** Of a tracked job: what somebody else needs to finish it. */
      readonly tracked?: Tracked;
    }
  /** It is sent out, and somebody else has until then (ms since the epoch) to finish it. */
  | { readonly kind: 'awaiting'; readonly until: number }
  /** Nobody finished it in time. */
  | { readonly kind: 'overdue'; readonly run: Run }
  /** The run that this process is still at goes on: it counts again. */
  | { readonly kind: 'resumed' }
  /** A run in another process goes on, or is given time to. */
  | { readonly kind: 'held' }
  /** Another job runs this work now. */
  | { readonly kind: 'superseded' }
  /** An operator has paused its handler, or its brake is on: its job is noted, to be let go when the handler is. */
  | { readonly kind: 'paused' | 'braked' }
  /** Another delivery of its subject is before it, and wakes its job when it ends. `before`: how many wait for that one, too. */
  | { readonly kind: 'waits'; readonly before: number }
  /** Another worker has taken the job over. */
  | { readonly kind: 'lost' }
  /** It is settled already; only the job is still to be ended. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'dead' }
  /** The event store no longer holds the event. */
  | { readonly kind: 'gone' }
  /** The event was settled, and gave up its body when Redis was filling up. */
  | { readonly kind: 'shed' };

/** `outdated`: a later event of its subject stands for it. `newest`: the newest version of its subject that was handled. */
export type Oldness = { readonly kind: 'outdated' } | { readonly kind: 'newest'; readonly version: Version };

export interface Tracked {
  readonly token: string;
  /** What callback addresses begin with; `undefined` when no receiver has said. */
  readonly publicUrl: string | undefined;
}

/** How an event's own job may run its only handler without dispatching the event. */
export type InPlace =
  | 'no'
  /** Nothing is known to be dispatched; the plan was made over this revision of the fleet. */
  | { readonly plannedOver: string }
  /** An earlier attempt has begun it so. */
  | 'again';

/** Why an event's own job cannot run a handler in place: the fleet has changed, or something was dispatched before. */
export interface NotInPlace {
  readonly kind: 'stale' | 'spread';
}

/** What settling came to. Only `settled` wrote anything. */
export type Settled =
  /** `ended`: its job is ended with it. */
  | { readonly kind: 'settled'; readonly ended?: EndedTurn | undefined }
  /** Another run of the work counts, or the work has been settled. */
  | { readonly kind: 'lost' }
  /** Another job runs it now. */
  | { readonly kind: 'superseded' }
  /** It was finished or cancelled from outside while it ran. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed' }
  /** It failed as its handler's brake expects: its job is noted, and no attempt was spent. */
  | { readonly kind: 'held' };

/** One attempt, as far as its end does not depend on the ledger. */
export interface EndedAttempt extends Omit<AttemptRecord, 'error'> {
  /** What it said with `ctx.log`. */
  readonly log: readonly LogLine[];
  /** The way in which it failed, where what its handler depends on may be why. */
  readonly fingerprint?: string | undefined;
}

/** What a definition says that the ledger has to know. */
export interface JobTerms {
  readonly attempts: number;
  readonly external: boolean;
}

export type Dispatched =
  | { readonly kind: 'gone' | 'stale' | 'shed' }
  /** `ended`: the event's own job is ended with it. */
  | { readonly kind: 'dispatched' | 'unhandled'; readonly ended: EndedTurn | undefined }
  | { readonly kind: 'in-place'; readonly handler: string };

/** What happened to work, kept in Redis beside the queues and changed in single atomic steps. */
export interface Ledger {
  /** Takes a queue's next jobs, and begins the runs of their deliveries where this process has planned such work before. */
  readonly take: TakeJobs;
  /** The handler whose run was begun as this job was taken, until `openDelivery` or `releaseAhead` is called. */
  aheadOf(lease: LeaseRef): string | undefined;
  /** Puts back the run that was begun as the job was taken, if nobody went on with it. */
  releaseAhead(lease: LeaseRef): Promise<void>;
  /** Has events of this kind begun for this handler as their jobs are taken, for as long as the fleet stays as it is. */
  planAhead(work: Work & { readonly kind: 'event' }, handler: string, revision: string): void;
  /** The same for deliveries that have jobs of their own. */
  knowAhead(handler: string, rule?: SubjectRule): void;
  /**
   * @param here the run of this work that this process is still at
   * @param rule of the deliveries of one subject to this handler
   */
  openDelivery(
    ref: WorkRef & { readonly kind: 'delivery' },
    lease: LeaseRef,
    inPlace: InPlace,
    here?: RunId,
    rule?: SubjectRule,
  ): Promise<Opened<HooklineEvent> | NotInPlace>;
  openJob(
    ref: WorkRef & { readonly kind: 'job' },
    lease: LeaseRef,
    terms: JobTerms,
    here?: RunId,
  ): Promise<Opened<undefined>>;
  dispatch(event: EventId, lease: LeaseRef, plan: Plan): Promise<Dispatched>;
  /** @param until when somebody else must have finished it; for `await` */
  settle(
    ref: WorkRef,
    lease: LeaseRef,
    run: Run,
    settlement: Settlement,
    attempt: EndedAttempt,
    until: number,
  ): Promise<Settled>;
  /** Puts a run back as if it had not begun. */
  release(run: Run): Promise<void>;
  /** Says that a run goes on whose lock ran out. @returns whether it still counts */
  reclaim(run: Run, lease: LeaseRef): Promise<boolean>;
  /** Whether a tracked job has its final status. */
  isOver(workId: string): Promise<boolean>;
  /** Whether the job waits for its handler, which is paused, or braked and has not let it through. */
  isHeldBack(handler: string, lease: LeaseRef): Promise<boolean>;
  /** Whether nothing is before the delivery in its line any more. */
  isNext(event: EventId, handler: string): Promise<boolean>;
  /** When the first event came of a burst that the handler has yet to run for, in milliseconds since the epoch. */
  burstSince(event: Pick<HooklineEvent, 'source' | 'subject'>, handler: string): Promise<number | undefined>;
  /** @returns `undefined` when the store does not lease it, or not its body any more */
  readEvent(event: EventId): Promise<HooklineEvent | undefined>;
  /** The same, and `undefined` as well when its bytes are not those that came in. */
  readWhole(event: EventId): Promise<HooklineEvent | undefined>;
  /** Settles a delivery that its handler's filter refuses. @returns false when it is not this job's to settle */
  refuse(ref: WorkRef & { readonly kind: 'delivery' }, lease: LeaseRef, reason: string): Promise<boolean>;
}

/** What dispatching an event is to come to. */
export interface Plan {
  readonly handlers: readonly Planned[];
  /** Those whose filters refuse it. */
  readonly refused: readonly Refused[];
  /** The revision of the fleet that it was made over. */
  readonly revision: string;
  /** Somebody who is away, or nobody yet, may want the event: it is looked at again when a handler appears. */
  readonly unclaimed: boolean;
  /** Events of its provider are kept in order until they are dispatched, because a handler has a rule for those of one subject. */
  readonly ordered: boolean;
}

/** A handler whose filter refuses an event, and the condition that does not hold. */
export interface Refused {
  readonly handler: string;
  readonly reason: string;
}

/** A handler's job as dispatch will queue it. */
export interface Planned {
  readonly handler: Pick<AnnouncedHandler, 'name' | 'queue' | 'subjectRule'>;
  /** The handler's own function has yet to be asked for its delay, by a worker that knows it. */
  readonly asksDelay?: boolean;
  readonly delay?: number;
  readonly priority?: number;
}
