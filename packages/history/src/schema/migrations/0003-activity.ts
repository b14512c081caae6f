import type { Migration } from './migration.ts';

/** Issues, and sums over time. What is there already is summed a minute at a time, by whoever records. */
export const ACTIVITY: Migration = {
  sqlite: tables({ big: 'INTEGER', name: 'text', end: 'WITHOUT ROWID' }),
  postgres: tables({ big: 'bigint', name: 'text COLLATE "C"', end: '' }),
};

function tables(type: { readonly big: string; readonly name: string; readonly end: string }): string[] {
  const { big, name, end } = type;
  return [
    `CREATE TABLE issues (
       fingerprint ${name} PRIMARY KEY, handler text NOT NULL, error_name text NOT NULL, error_message text NOT NULL,
       title text NOT NULL, first_seen ${big} NOT NULL, last_seen ${big} NOT NULL, count ${big} NOT NULL,
       sample ${name} NOT NULL, sample_run ${name} NOT NULL, state text NOT NULL, state_at ${big}, state_by text)`,
    'CREATE INDEX issues_by_time ON issues (last_seen, fingerprint)',
    `CREATE TABLE deaths (
       event_id ${name} NOT NULL, run ${name} NOT NULL, fingerprint ${name} NOT NULL, handler text NOT NULL,
       at ${big} NOT NULL, PRIMARY KEY (event_id, run)) ${end}`,
    'CREATE INDEX deaths_by_issue ON deaths (fingerprint, at, event_id, run)',
    `CREATE TABLE issue_sources (
       fingerprint ${name} NOT NULL, source ${name} NOT NULL, PRIMARY KEY (fingerprint, source)) ${end}`,
    `CREATE TABLE rollups (
       kind ${name} NOT NULL, source ${name} NOT NULL, name ${name} NOT NULL, step ${big} NOT NULL, at ${big} NOT NULL,
       sums text NOT NULL, PRIMARY KEY (kind, source, name, step, at)) ${end}`,
    'CREATE INDEX rollups_by_time ON rollups (step, kind, at)',
    ...['touched', 'sealed'].map(
      (table) =>
        `CREATE TABLE ${table} (minute ${big} NOT NULL, kind ${name} NOT NULL, PRIMARY KEY (minute, kind)) ${end}`,
    ),
    `CREATE TABLE awaited (
       event_id ${name} NOT NULL, minute ${big} NOT NULL, PRIMARY KEY (event_id, minute)) ${end}`,
    `CREATE TABLE sources (
       source ${name} PRIMARY KEY, provider text, last_event_at ${big}, last_refusal_at ${big})`,
    `CREATE TABLE handlers (handler ${name} PRIMARY KEY, last_at ${big} NOT NULL)`,
    ...[
      ['events', 'events', 'received_at'],
      ['attempts', 'attempts', 'ended_at'],
      ['deaths', 'attempts', 'ended_at'],
      ['refusals', 'refusals', 'at'],
    ].map(
      ([kind, table, at]) =>
        `INSERT INTO touched (minute, kind) SELECT DISTINCT ${at} - ${at} % 60000, '${kind}' FROM ${table}`,
    ),
  ];
}
