import type { EventId, HistoryBlock, RecordedEvent, SearchQuery } from '@hookline/core';
import type { Kysely } from 'kysely';
import type { HistoryError } from '../schema/history-error.ts';
import type { Script } from './script.ts';
import type { Tables } from '../schema/tables.ts';

/** What each database does in its own way; everything else is one code for both. */
export interface HistoryStore {
  readonly db: Kysely<Tables>;
  record(block: HistoryBlock): Promise<readonly RecordedEvent[]>;
  /** The newest events that may be what is asked for, and all that are: their places, newest first. */
  candidates(wanted: Wanted, most: number): Promise<readonly number[]>;
  /** Runs a script in a transaction that no other writer comes between: all of it, or nothing. */
  transact<Result>(script: Script<Result>): Promise<Result>;
  /**
   * Deletes events and all that belongs to them, in one transaction.
   * @param horizon how far back sums are kept
   */
  forget(events: readonly ForgottenEvent[], horizon: number): Promise<void>;
  /** Bytes on the disk. */
  size(): Promise<number>;
  close(): Promise<void>;
  /** What went wrong, as who runs Hookline needs it. */
  failureOf(error: unknown): HistoryError;
}

/** A search with what it takes to look for it. */
export interface Wanted {
  readonly query: SearchQuery;
  /** The types that a pattern stands for; `undefined` when any will do. */
  readonly types: readonly string[] | undefined;
  /** Places from the first, up to but without the second. */
  readonly from: number;
  readonly below: number;
}

export interface ForgottenEvent {
  readonly seq: number;
  readonly id: EventId;
  readonly received_at: number;
}
