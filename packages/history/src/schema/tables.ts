import type { AttemptOutcome, DeliveryStatus, EventId, EventStatus } from '@hookline/core';
import type { ActivityTables } from './activity-tables.ts';

/** Rows as both databases hold them. Times are milliseconds since the epoch, booleans are 0 and 1. */
export interface Tables extends ActivityTables {
  events: EventRow;
  bodies: { seq: number; encoding: 'raw' | 'deflate'; body: Uint8Array | ArrayBuffer };
  deliveries: DeliveryRow;
  attempts: AttemptRow;
  refusals: RefusalRow;
  audit: AuditRow;
  cursors: { partition: string; position_ms: number; position_count: number };
  /** The earliest and latest receipt of each 1,024 events. */
  spans: { number: number; earliest: number; latest: number };
  /** Every kind of event that ever came. */
  kinds: { source: string; provider: string; type: string };
  /** SQLite's index: no row can be read of it. */
  event_words: { rowid: number };
  /** PostgreSQL's index. */
  event_tokens: { seq: number; tokens: string };
}

export interface EventRow {
  /** Counts events in the order in which they were first recorded. */
  seq: number;
  id: EventId;
  revision_ms: number;
  revision_count: number;
  source: string;
  provider: string;
  provider_id: string;
  subject: string | null;
  type: string;
  status: EventStatus;
  received_at: number;
  verified_at: number;
  recorded_at: number;
  settled_at: number | null;
  headers: string;
  sha256: string;
  body_trusted: number;
  bytes: number | null;
  text_cut: number;
}

export interface DeliveryRow {
  seq: number;
  handler: string;
  status: DeliveryStatus;
  reason: string | null;
}

export interface AttemptRow {
  event_id: EventId;
  run: string;
  handler: string;
  number: number;
  worker: string;
  started_at: number;
  ended_at: number;
  outcome: AttemptOutcome;
  error: string | null;
  log: string;
}

export interface RefusalRow {
  id: string;
  at: number;
  source: string;
  provider: string | null;
  status: number;
  reason: string;
  likely: string | null;
  headers: string;
  excerpt: Uint8Array | ArrayBuffer;
  bytes: number;
  suppressed: number;
  peer: string | null;
}

export interface AuditRow {
  id: string;
  at: number;
  actor: string;
  action: string;
  target: string;
  /** The event that the target is or belongs to, if it is one. */
  event_id: string;
  outcome: string;
  detail: string | null;
}

export const EVENT_COLUMNS = [
  'seq',
  'id',
  'revision_ms',
  'revision_count',
  'source',
  'provider',
  'provider_id',
  'subject',
  'type',
  'status',
  'received_at',
  'verified_at',
  'recorded_at',
  'settled_at',
  'headers',
  'sha256',
  'body_trusted',
  'bytes',
  'text_cut',
] as const satisfies readonly (keyof EventRow)[];

export const DELIVERY_COLUMNS = [
  'seq',
  'handler',
  'status',
  'reason',
] as const satisfies readonly (keyof DeliveryRow)[];

export const ATTEMPT_COLUMNS = [
  'event_id',
  'run',
  'handler',
  'number',
  'worker',
  'started_at',
  'ended_at',
  'outcome',
  'error',
  'log',
] as const satisfies readonly (keyof AttemptRow)[];

export const REFUSAL_COLUMNS = [
  'id',
  'at',
  'source',
  'provider',
  'status',
  'reason',
  'likely',
  'headers',
  'excerpt',
  'bytes',
  'suppressed',
  'peer',
] as const satisfies readonly (keyof RefusalRow)[];

export const AUDIT_COLUMNS = [
  'id',
  'at',
  'actor',
  'action',
  'target',
  'event_id',
  'outcome',
  'detail',
] as const satisfies readonly (keyof AuditRow)[];

/** Events of one row of `spans`. */
export const SPAN = 1024;
