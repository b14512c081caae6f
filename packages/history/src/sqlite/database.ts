import Database from 'libsql';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { HistoryError } from '../schema/history-error.ts';
import { migrationsAfter, SCHEMA_VERSION } from '../schema/migrations/all.ts';
import { sqliteFailure } from './failure.ts';

/** Marks a file as a history: `Hook` in ASCII. */
const APPLICATION = 0x486f6f6b;
const BUSY_MS = 15_000;

/**
 * Opens the file, which is made when it is missing, private to its owner, and brings its schema up to date.
 * @throws HistoryError that names the file and what to do
 */
export function openDatabase(file: string): Database.Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    const database = new Database(file);
    try {
      prepare(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw sqliteFailure(error, file);
  }
}

function prepare(database: Database.Database, file: string): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  // What is recorded is deleted elsewhere: it has to be on the disk when a commit returns.
  database.exec('PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536');
  migrate(database, file);
  if (number(database, 'PRAGMA journal_mode') !== 'wal') database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
}

/** Under the lock of writers, so that of several processes one does it. */
function migrate(database: Database.Database, file: string): void {
  if (isOurs(database, file) && number(database, 'PRAGMA user_version') === SCHEMA_VERSION) return;
  inTransaction(database, () => {
    if (!isOurs(database, file)) database.exec(`PRAGMA application_id = ${APPLICATION}`);
    const version = Number(number(database, 'PRAGMA user_version'));
    for (const { sqlite } of migrationsAfter(version))
      for (const statement of sqlite) database.exec(statement);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** @returns false when the file is new */
function isOurs(database: Database.Database, file: string): boolean {
  const application = number(database, 'PRAGMA application_id');
  if (application === APPLICATION) return true;
  if (application === 0 && number(database, 'SELECT count(*) FROM sqlite_schema') === 0) return false;
  throw new HistoryError(
    'not-a-history',
    `${file} is the database of another program: let HISTORY_URL name a file of its own for the history`,
  );
}

/** The first column of the first row. */
export function number(database: Database.Database, query: string): unknown {
  const [row] = database.prepare(query).all();
  return row === undefined ? undefined : Object.values(row as object)[0];
}

/** Does something in one transaction that no other writer comes between: all of it, or nothing. */
export function inTransaction<Result>(database: Database.Database, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
