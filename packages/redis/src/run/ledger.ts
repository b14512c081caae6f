import type { AttemptRecord, EventId, Handler, HooklineEvent, Settlement } from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { WorkRef } from './work-ref.ts';

/** What the ledger says of work that is about to be run. */
export type Opened<Value> =
  | {
      readonly kind: 'open';
      readonly value: Value;
      /** Workers that died holding it since it was last settled. */
      readonly deaths: number;
      /** The stored bytes are not the ones whose hash was stored with them. */
      readonly damaged: boolean;
      /** Of a tracked job: what somebody else needs to finish it. */
      readonly tracked?: Tracked;
    }
  /** It is sent out, and somebody else has until then (ms since the epoch) to finish it. */
  | { readonly kind: 'awaiting'; readonly until: number }
  /** Nobody finished it in time. */
  | { readonly kind: 'overdue' }
  /** Another job runs this work now. */
  | { readonly kind: 'superseded' }
  /** Another worker has taken the job over. */
  | { readonly kind: 'lost' }
  /** It is settled already; only the job is still to be ended. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'dead' }
  /** The event store no longer holds the event. */
  | { readonly kind: 'gone' }
  /** The event was settled, and gave up its body when Redis was filling up. */
  | { readonly kind: 'shed' };

export interface Tracked {
  readonly token: string;
  /** What callback addresses begin with; `undefined` when no receiver has said. */
  readonly publicUrl: string | undefined;
}

/** What settling came to. Only `settled` wrote anything. */
export type Settled =
  | { readonly kind: 'settled' }
  /** Another worker has taken the job over. */
  | { readonly kind: 'lost' }
  /** It was finished or cancelled from outside while it ran. */
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed' };

/** What a definition says that the ledger has to know. */
export interface JobTerms {
  readonly maxAttempts: number;
  readonly external: boolean;
}

export type Dispatched =
  | { readonly kind: 'dispatched' | 'unhandled' | 'gone' | 'lost' | 'shed' }
  | { readonly kind: 'in-place'; readonly handler: string };

/** What happened to work, kept in Redis beside the queues and changed in single atomic steps. */
export interface Ledger {
  openDelivery(
    ref: WorkRef & { readonly kind: 'delivery' },
    lease: LeaseRef,
    inPlace: boolean,
  ): Promise<Opened<HooklineEvent>>;
  openJob(
    ref: WorkRef & { readonly kind: 'job' },
    lease: LeaseRef,
    terms: JobTerms,
  ): Promise<Opened<undefined>>;
  dispatch(event: EventId, handlers: readonly Planned[], lease: LeaseRef): Promise<Dispatched>;
  /** @param until when somebody else must have finished it; for `await` */
  settle(
    ref: WorkRef,
    lease: LeaseRef,
    settlement: Settlement,
    attempt: Omit<AttemptRecord, 'error'>,
    until: number,
  ): Promise<Settled>;
  /** Whether a tracked job has its final status. */
  isOver(workId: string): Promise<boolean>;
  /** @returns `undefined` when the store does not lease it, or not its body any more */
  readEvent(event: EventId): Promise<HooklineEvent | undefined>;
}

/** A handler's job as dispatch will queue it. */
export interface Planned {
  readonly handler: Handler;
  readonly delay?: number;
  readonly priority?: number;
}
