import { HistoryError } from '../history-error.ts';
import { EVENTS } from './0001-events.ts';
import { WHO_AND_HOW } from './0002-who-and-how.ts';
import { ACTIVITY } from './0003-activity.ts';
import { SUBJECT } from './0004-subject.ts';
import { FILTERS } from './0005-filters.ts';
import type { Migration } from './migration.ts';

/** In the order in which they are applied; one that was ever released is never changed. */
const MIGRATIONS: readonly Migration[] = [EVENTS, WHO_AND_HOW, ACTIVITY, SUBJECT, FILTERS];

/**
 * What brings a schema up to date.
 * @param version how many migrations it has had
 * @throws HistoryError when it has had more than this program knows
 */
export function migrationsAfter(version: number): readonly Migration[] {
  if (version <= MIGRATIONS.length) return MIGRATIONS.slice(version);
  throw new HistoryError(
    'newer',
    `the history was written by a newer Hookline (schema ${version}, this one knows ${MIGRATIONS.length}): ` +
      'run that version again, or give this one another HISTORY_URL or DATA_DIR',
  );
}

/** The schema that this program works with. */
export const SCHEMA_VERSION = MIGRATIONS.length;
