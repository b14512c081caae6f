import type { Migration } from './migration.ts';

const CHANGES = ['ALTER TABLE deliveries ADD COLUMN reason text'];

/** Which condition of a handler's filter did not hold. */
export const FILTERS: Migration = { sqlite: CHANGES, postgres: CHANGES };
