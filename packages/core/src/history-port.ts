import type { DeliveryStatus, EventId, EventStatus } from './event.ts';
import type {
  ActivityRange,
  HandlerSummary,
  SeriesPoint,
  SeriesQuery,
  SourceSummary,
  Summarized,
} from './history-activity.ts';
import type { HistoryPage, PageOptions } from './history-page.ts';
import type { Issue, IssueDelivery, IssueQuery, IssueStateChange } from './history-issues.ts';
import type { AttemptSnapshot, AuditLine, EventSnapshot, RefusalSnapshot, Revision } from './history.ts';

/** What is recorded together: all of it, or nothing. */
export interface HistoryBlock {
  readonly events: readonly EventSnapshot[];
  readonly attempts: readonly AttemptSnapshot[];
  readonly refusals: readonly RefusalSnapshot[];
  readonly audit: readonly AuditLine[];
  /** How far the partition's changes are recorded with this block; never set back. */
  readonly cursor: { readonly partition: string; readonly position: Revision } | undefined;
}

/** What the history holds of an event once its block is recorded. What is newer must not be evicted. */
export interface RecordedEvent {
  readonly id: EventId;
  readonly revision: Revision;
  /** Whether it holds the body, from this block or an earlier one. */
  readonly hasBody: boolean;
}

/** An event without its headers and body. */
export interface EventSummary extends Omit<EventSnapshot, 'headers' | 'body'> {
  /** The size of its body; `undefined` while no body came. */
  readonly bytes: number | undefined;
  /** Whether the body was too long for all of it to be found by its words. */
  readonly isTextCut: boolean;
}

/** An event with all that was done with it. */
export interface EventHistory {
  readonly event: EventSummary;
  readonly headers: Readonly<Record<string, string>>;
  /** In the order of their starts. */
  readonly attempts: readonly AttemptSnapshot[];
  /** What people did to it or one of its deliveries, in order. */
  readonly audit: readonly AuditLine[];
}

/** What came in. `damaged`: these bytes are not those that were recorded. `absent`: it never came with its body. */
export type HistoryBody =
  | {
      readonly kind: 'whole' | 'damaged';
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
    }
  | { readonly kind: 'absent'; readonly headers: Readonly<Record<string, string>> };

/** A value of a payload that was asked for exactly. */
export interface PayloadPair {
  /** The last steps of the value's path, or all of them: `customer`, `data.object.customer`. Arrays add no step. */
  readonly path: string;
  /** As it is written in the payload, without quotes. */
  readonly value: string;
}

/** All that is named has to hold. */
export interface SearchQuery {
  readonly source?: string;
  readonly provider?: string;
  /** A whole type, or a prefix ending in `*`. */
  readonly type?: string;
  readonly status?: EventStatus;
  /** Some delivery of the event is to this handler, and has this status. */
  readonly delivery?: { readonly handler?: string; readonly status?: DeliveryStatus };
  /** Received then or later. */
  readonly from?: number;
  /** Received earlier than then. */
  readonly until?: number;
  readonly providerId?: string;
  readonly subject?: string;
  readonly idPrefix?: string;
  /** Words or phrases: each stands as it is in a key or value of the payload, the type or the provider's id; case counts not. */
  readonly phrases: readonly string[];
  readonly pairs: readonly PayloadPair[];
}

export interface RefusalQuery extends PageOptions {
  readonly source?: string;
  readonly reason?: string;
}

export interface AuditQuery extends PageOptions {
  readonly action?: string;
}

export interface TimeRange {
  readonly from?: number;
  readonly until?: number;
}

export interface EventCount {
  readonly source: string;
  readonly status: EventStatus;
  readonly events: number;
}

/** What is to be forgotten. An event that is still open stays, however old. */
export interface PruneLimits {
  /** What was received or happened earlier than then. */
  readonly before: number;
  /** For a source: another time, and how many of the newest are kept at most. */
  readonly perSource?: Readonly<Record<string, { readonly before?: number; readonly most?: number }>>;
  /** How many of the newest refusals, and audit lines, are kept at most. */
  readonly mostRefusals?: number;
  readonly mostAudit?: number;
}

export interface Pruned {
  readonly events: number;
  readonly refusals: number;
  readonly audit: number;
}

export interface HistoryStats {
  readonly events: number;
  readonly attempts: number;
  readonly refusals: number;
  readonly audit: number;
  /** What all of it takes on the disk. */
  readonly bytes: number;
  /** When the oldest event was received. */
  readonly oldest: number | undefined;
}

/** What happened to every event, for as long as it is kept. */
export interface History {
  /**
   * Records a block in one transaction, on the disk when this resolves. Recording anything again, in any order, changes
   * nothing: an event is only replaced by a later snapshot of itself, and a body is never lost to one without.
   */
  record(block: HistoryBlock): Promise<readonly RecordedEvent[]>;
  /** How far the partition's changes are recorded; `undefined` when none is. */
  cursor(partition: string): Promise<Revision | undefined>;
  find(id: EventId): Promise<EventHistory | undefined>;
  /** The exact bytes that came in, with their headers; `undefined` when the event is unknown. */
  body(id: EventId): Promise<HistoryBody | undefined>;
  search(query: SearchQuery, page: PageOptions): Promise<HistoryPage<EventSummary>>;
  count(range: TimeRange): Promise<readonly EventCount[]>;
  refusals(query: RefusalQuery): Promise<HistoryPage<RefusalSnapshot>>;
  audit(query: AuditQuery): Promise<HistoryPage<AuditLine>>;
  /** Newest death first. An issue is there as soon as its first dead attempt is recorded. */
  issues(query: IssueQuery): Promise<HistoryPage<Issue>>;
  issue(fingerprint: string, now: number): Promise<Issue | undefined>;
  /** @returns the issue as it is then, as of when it was set; `undefined` when it is unknown */
  setIssueState(change: IssueStateChange): Promise<Issue | undefined>;
  /** Which deliveries died in this way, each once, newest first. */
  issueDeliveries(fingerprint: string, page: PageOptions): Promise<HistoryPage<IssueDelivery>>;
  /**
   * Brings the sums up to date that `series`, `sources` and `handlers` read: a small step of it, so that recording goes on.
   * Whoever records calls it every second or so, and again at once while there is more.
   */
  summarize(): Promise<Summarized>;
  /**
   * A point for every step of the range, as of the last `summarize`; the first is the one that holds `from`.
   * @throws RangeError for a step that is not whole minutes, and for more than 1,500 points
   */
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /** Every source that ever had an event, and the latest others that requests were refused for; by name. */
  sources(range: ActivityRange): Promise<readonly SourceSummary[]>;
  /** Every handler with an attempt that is kept, by name. */
  handlers(range: ActivityRange): Promise<readonly HandlerSummary[]>;
  /** Deletes in small steps, so that recording goes on meanwhile. */
  prune(limits: PruneLimits): Promise<Pruned>;
  stats(): Promise<HistoryStats>;
  close(): Promise<void>;
}
