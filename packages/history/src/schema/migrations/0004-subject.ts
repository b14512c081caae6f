import type { Migration } from './migration.ts';

const CHANGES = [
  'ALTER TABLE events ADD COLUMN subject text',
  // Most histories hold events from before, which have none.
  'CREATE INDEX events_by_subject ON events (subject, seq) WHERE subject IS NOT NULL',
];

/** What an event is about, and what finds all that are. */
export const SUBJECT: Migration = { sqlite: CHANGES, postgres: CHANGES };
