import type { Migration } from './migration.ts';

const CHANGES = [
  'ALTER TABLE refusals ADD COLUMN peer text',
  "ALTER TABLE audit ADD COLUMN outcome text NOT NULL DEFAULT 'done'",
  'CREATE INDEX refusals_by_source ON refusals (source, at, id)',
  'CREATE INDEX refusals_by_reason ON refusals (reason, at, id)',
  'CREATE INDEX audit_by_action ON audit (action, at, id)',
];

/** Who sent what was refused, and what became of an operator's act; and what finds both. */
export const WHO_AND_HOW: Migration = { sqlite: CHANGES, postgres: CHANGES };
