import type { EventId, IssueState } from '@hookline/core';

/** What operators look at: issues, and sums over time. */
export interface ActivityTables {
  issues: IssueRow;
  deaths: DeathRow;
  /** Of which sources events died in an issue's way. */
  issue_sources: { fingerprint: string; source: string };
  rollups: RollupRow;
  /** Minutes whose sums are to be made anew. */
  touched: { minute: number; kind: TouchedKind };
  /** Minutes of which rows were forgotten: their sums stay as they are. */
  sealed: { minute: number; kind: TouchedKind };
  /** Attempts came in this minute whose event did not yet. */
  awaited: { event_id: EventId; minute: number };
  sources: {
    source: string;
    provider: string | null;
    last_event_at: number | null;
    last_refusal_at: number | null;
  };
  handlers: { handler: string; last_at: number };
}

/** `deaths`: of a history that is older than issues, the minute's dead attempts belong to none yet. */
export type TouchedKind = 'events' | 'attempts' | 'refusals' | 'deaths';

export interface IssueRow {
  fingerprint: string;
  handler: string;
  error_name: string;
  error_message: string;
  title: string;
  first_seen: number;
  last_seen: number;
  count: number;
  /** The newest of its deaths: the event and the run. */
  sample: EventId;
  sample_run: string;
  /** As it was set: a resolved issue that died again later is open, but stays `resolved` here. */
  state: IssueState;
  state_at: number | null;
  state_by: string | null;
}

/** A dead attempt, and the issue that it belongs to. */
export interface DeathRow {
  event_id: EventId;
  run: string;
  fingerprint: string;
  handler: string;
  at: number;
}

export interface RollupRow {
  kind: 'events' | 'attempts' | 'refusals';
  /** Empty for all of them together. */
  source: string;
  /** The handler, or the reason for a refusal; empty for all of them together. */
  name: string;
  /** The length of the block in milliseconds, and when it began. */
  step: number;
  at: number;
  sums: string;
}
