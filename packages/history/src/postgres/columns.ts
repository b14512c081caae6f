import type {
  ATTEMPT_COLUMNS,
  AUDIT_COLUMNS,
  DELIVERY_COLUMNS,
  EVENT_COLUMNS,
  REFUSAL_COLUMNS,
} from '../schema/tables.ts';
import type { ColumnType } from './insert.ts';

export const EVENTS: Readonly<Record<(typeof EVENT_COLUMNS)[number], ColumnType>> = {
  seq: 'int8',
  id: 'text',
  revision_ms: 'int8',
  revision_count: 'int8',
  source: 'text',
  provider: 'text',
  provider_id: 'text',
  subject: 'text',
  type: 'text',
  status: 'text',
  received_at: 'int8',
  verified_at: 'int8',
  recorded_at: 'int8',
  settled_at: 'int8',
  headers: 'text',
  sha256: 'text',
  body_trusted: 'int4',
  bytes: 'int8',
  text_cut: 'int4',
};

export const DELIVERIES: Readonly<Record<(typeof DELIVERY_COLUMNS)[number], ColumnType>> = {
  seq: 'int8',
  handler: 'text',
  status: 'text',
  reason: 'text',
};

export const ATTEMPTS: Readonly<Record<(typeof ATTEMPT_COLUMNS)[number], ColumnType>> = {
  event_id: 'text',
  run: 'text',
  handler: 'text',
  number: 'int4',
  worker: 'text',
  started_at: 'int8',
  ended_at: 'int8',
  outcome: 'text',
  error: 'text',
  log: 'text',
};

export const REFUSALS: Readonly<Record<(typeof REFUSAL_COLUMNS)[number], ColumnType>> = {
  id: 'text',
  at: 'int8',
  source: 'text',
  provider: 'text',
  status: 'int4',
  reason: 'text',
  likely: 'text',
  headers: 'text',
  excerpt: 'bytea',
  bytes: 'int8',
  suppressed: 'int8',
  peer: 'text',
};

export const AUDIT: Readonly<Record<(typeof AUDIT_COLUMNS)[number], ColumnType>> = {
  id: 'text',
  at: 'int8',
  actor: 'text',
  action: 'text',
  target: 'text',
  event_id: 'text',
  outcome: 'text',
  detail: 'text',
};
