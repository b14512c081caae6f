import type { DeliverySnapshot, HistoryBlock, RecordedEvent } from '@hookline/core';
import { Kysely, sql, SqliteDialect } from 'kysely';
import type Database from 'libsql';
import type { HistoryError } from '../schema/history-error.ts';
import { unpackBody, type StoredBody } from '../record/body-codec.ts';
import { fieldsHold } from '../sql/fields.ts';
import { forgetQueries, partWith } from '../sql/forget.ts';
import { bufferOf, headersOf } from '../sql/read-rows.ts';
import type { Script } from '../sql/script.ts';
import type { ForgottenEvent, HistoryStore, Wanted } from '../sql/store.ts';
import type { EventRow, Tables } from '../schema/tables.ts';
import { eventTokens, payloadTokens } from '../text/document.ts';
import { inTransaction, number, openDatabase, runScript } from './database.ts';
import { sqliteFailure } from './failure.ts';
import { Recorder } from './record.ts';
import { prepareStatements } from './statements.ts';
import { expressionOf, stateWords, wordsOf } from './words.ts';

/** A history in a file, on one connection; what it does blocks the thread that it is in. */
export class SqliteStore implements HistoryStore {
  readonly db: Kysely<Tables>;
  readonly #database: Database.Database;
  readonly #file: string;
  readonly #recorder: Recorder;
  readonly #statements: ReturnType<typeof prepareStatements>;

  /** @throws HistoryError that names the file and what to do */
  constructor(file: string) {
    this.#file = file;
    this.#database = openDatabase(file);
    this.db = new Kysely({ dialect: new SqliteDialect({ database: this.#database }) });
    this.#recorder = new Recorder(this.#database, this.db);
    this.#statements = prepareStatements(this.#database);
  }

  async record(block: HistoryBlock): Promise<readonly RecordedEvent[]> {
    return this.#recorder.record(block);
  }

  async candidates(wanted: Wanted, most: number): Promise<readonly number[]> {
    const expression = expressionOf(wanted);
    const { rows } =
      expression === undefined
        ? await sql<{ seq: number }>`
            SELECT seq FROM events WHERE ${fieldsHold(wanted)} ORDER BY seq DESC LIMIT ${most}`.execute(
            this.db,
          )
        : // The index gives places in order, so that a common word ends at the limit.
          await sql<{ seq: number }>`
            SELECT w.rowid AS seq FROM event_words w CROSS JOIN events ON events.seq = w.rowid
            WHERE w.event_words MATCH ${expression} AND w.rowid >= ${wanted.from} AND w.rowid < ${wanted.below}
              AND ${fieldsHold(wanted)}
            ORDER BY w.rowid DESC LIMIT ${most}`.execute(this.db);
    return rows.map(({ seq }) => seq);
  }

  async transact<Result>(script: Script<Result>): Promise<Result> {
    return inTransaction(this.#database, () => runScript(this.#database, script));
  }

  async forget(events: readonly ForgottenEvent[], horizon: number): Promise<void> {
    const queries = forgetQueries(this.db, events);
    inTransaction(this.#database, () => {
      runScript(this.#database, partWith(this.db, events, horizon));
      this.#removeWords(events.map(({ seq }) => seq));
      for (const query of queries) this.#database.prepare(query.sql).run(...query.parameters);
    });
  }

  async size(): Promise<number> {
    return (
      Number(number(this.#database, 'PRAGMA page_count')) * Number(number(this.#database, 'PRAGMA page_size'))
    );
  }

  /** Lets the file grow to so many pages only, as a disk would that is full then. */
  limitPages(most: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${Math.floor(most)}`);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  failureOf(error: unknown): HistoryError {
    return sqliteFailure(error, this.#file);
  }

  /** An index without content is told what it holds of a row. */
  #removeWords(seqs: readonly number[]): void {
    const { stored, deliveriesOf, removeWords } = this.#statements;
    type Stored = EventRow & {
      readonly encoding: StoredBody['encoding'] | null;
      readonly body: ArrayBuffer | null;
    };
    for (const row of stored.all(JSON.stringify(seqs)) as Stored[]) {
      const tokens = eventTokens({ ...row, providerId: row.provider_id });
      const { encoding, body: bytes } = row;
      const body = encoding && bytes ? unpackBody({ encoding, bytes: bufferOf(bytes) }) : undefined;
      if (body !== undefined)
        for (const token of payloadTokens({ headers: headersOf(row.headers), body }).tokens)
          tokens.add(token);
      const state = stateWords(row.status, deliveriesOf.all(row.seq) as DeliverySnapshot[]);
      removeWords.run(row.seq, [wordsOf(tokens), ...state].join(' '));
    }
  }
}
