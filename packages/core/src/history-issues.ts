import type { DeliveryStatus, EventId } from './event.ts';
import type { PageOptions } from './history-page.ts';

/** What operators say of an issue; a resolved one that dies again is open. */
export const ISSUE_STATES = ['open', 'acknowledged', 'resolved', 'ignored'] as const;
export type IssueState = (typeof ISSUE_STATES)[number];

/** All dead attempts of one handler that failed in the same way, as far as the history holds them. */
export interface Issue {
  /** 16 lower-case hexadecimal characters. */
  readonly fingerprint: string;
  readonly handler: string;
  /** Of the newest. */
  readonly error: { readonly name: string; readonly message: string };
  /** The message with what varies replaced by placeholders. */
  readonly title: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Dead attempts. */
  readonly count: number;
  /** Dead attempts of each of the 24 hours up to now, oldest first. */
  readonly recent: readonly number[];
  /** The event of the newest. */
  readonly sample: EventId;
  readonly state: IssueState;
  /** When and by whom the state was set; of one that died again after it was resolved, when and by whom it was. */
  readonly stateAt?: number;
  readonly stateBy?: string;
}

export interface IssueQuery extends PageOptions {
  readonly state?: IssueState;
  readonly handler?: string;
  /** Some event of the source died in this way. */
  readonly source?: string;
  /** The end of `recent`. */
  readonly now: number;
}

export interface IssueStateChange {
  readonly fingerprint: string;
  readonly state: IssueState;
  readonly by: string;
  readonly at: number;
}

/** A delivery that died in an issue's way, with what it is now. */
export interface IssueDelivery {
  readonly event: EventId;
  readonly handler: string;
  /** When it last died in this way. */
  readonly at: number;
  readonly status: DeliveryStatus;
}
