import Database from 'libsql';
import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Script } from '../sql/script.ts';
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
    makePrivate(file);
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

/**
 * Makes the file where there is none, as its owner's own. One that is there must not be opened here: a process that closes a
 * file loses its locks on it, those of its other connections as well. Then whoever else closes the database takes itself for
 * the last one and removes its log, and what is written from then on is in a file that nobody finds.
 */
function makePrivate(file: string): void {
  const known = statSync(file, { throwIfNoEntry: false });
  if (known?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  if (known !== undefined) return accessSync(file, constants.R_OK | constants.W_OK);
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    // Another process has just made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
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

/** Statements of scripts, by their text: preparing one takes as long as running it. */
const prepared = new WeakMap<Database.Database, Map<string, Database.Statement>>();
/** Lists make ever new texts. */
const MOST_PREPARED = 100;

/** Runs a script in a transaction that is open. */
export function runScript<Result>(database: Database.Database, script: Script<Result>): Result {
  let next = script.next([]);
  while (next.done !== true) {
    const { sql, parameters } = next.value;
    const statement = statementOf(database, sql);
    let rows: readonly unknown[] = [];
    if (statement.reader) rows = statement.all(...parameters);
    else statement.run(...parameters);
    next = script.next(rows);
  }
  return next.value;
}

function statementOf(database: Database.Database, text: string): Database.Statement {
  const known = prepared.get(database) ?? new Map<string, Database.Statement>();
  prepared.set(database, known);
  const statement = known.get(text) ?? database.prepare(text);
  if (known.size >= MOST_PREPARED) known.clear();
  known.set(text, statement);
  return statement;
}
