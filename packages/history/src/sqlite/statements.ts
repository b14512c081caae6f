import type Database from 'libsql';
import {
  ATTEMPT_COLUMNS,
  AUDIT_COLUMNS,
  DELIVERY_COLUMNS,
  EVENT_COLUMNS,
  REFUSAL_COLUMNS,
} from '../schema/tables.ts';
import { prepareInsert, type Cell } from './insert.ts';

const ONCE = 'ON CONFLICT DO NOTHING';

/** What adds rows while a block is recorded. */
export function prepareInserts(database: Database.Database) {
  const into = <Column extends string>(table: string, columns: readonly Column[], onConflict?: string) =>
    prepareInsert(database, table, columns, onConflict);
  return {
    events: into('events', EVENT_COLUMNS),
    bodies: into('bodies', ['seq', 'encoding', 'body']),
    words: into('event_words', ['rowid', 'tokens']),
    deliveries: into('deliveries', DELIVERY_COLUMNS),
    attempts: into('attempts', ATTEMPT_COLUMNS, ONCE),
    refusals: into('refusals', REFUSAL_COLUMNS, ONCE),
    audit: into('audit', AUDIT_COLUMNS, ONCE),
    touched: into('touched', ['minute', 'kind'], ONCE),
    kinds: into('kinds', ['source', 'provider', 'type'], ONCE),
    spans: into(
      'spans',
      ['number', 'earliest', 'latest'],
      `ON CONFLICT (number) DO UPDATE SET
         earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
    ),
  };
}

/** A prepared statement, as much of it as is used. */
interface Statement {
  run(...cells: readonly Cell[]): unknown;
  all(...cells: readonly Cell[]): unknown[];
}

type StatementName =
  | 'known'
  | 'update'
  | 'complete'
  | 'deliveriesOf'
  | 'forgetDeliveries'
  | 'removeWords'
  | 'stored'
  | 'cursor';

/** What looks up and changes rows. */
export function prepareStatements(database: Database.Database): Readonly<Record<StatementName, Statement>> {
  const prepared = (query: string): Statement => database.prepare<Cell[]>(query);
  return {
    known: prepared(
      `SELECT seq, id, revision_ms, revision_count, status, bytes FROM events
       WHERE id IN (SELECT value FROM json_each(?))`,
    ),
    update: prepared(
      'UPDATE events SET revision_ms = ?, revision_count = ?, status = ?, settled_at = ? WHERE seq = ?',
    ),
    complete: prepared('UPDATE events SET bytes = ?, text_cut = ? WHERE seq = ?'),
    deliveriesOf: prepared('SELECT handler, status FROM deliveries WHERE seq = ?'),
    forgetDeliveries: prepared('DELETE FROM deliveries WHERE seq = ?'),
    removeWords: prepared("INSERT INTO event_words (event_words, rowid, tokens) VALUES ('delete', ?, ?)"),
    stored: prepared(
      `SELECT e.seq, e.source, e.provider, e.provider_id, e.type, e.status, e.headers, b.encoding, b.body
       FROM events e LEFT JOIN bodies b ON b.seq = e.seq WHERE e.seq IN (SELECT value FROM json_each(?))`,
    ),
    cursor: prepared(
      `INSERT INTO cursors (partition, position_ms, position_count) VALUES (?, ?, ?)
       ON CONFLICT (partition) DO UPDATE
       SET position_ms = excluded.position_ms, position_count = excluded.position_count
       WHERE (excluded.position_ms, excluded.position_count) > (position_ms, position_count)`,
    ),
  };
}
