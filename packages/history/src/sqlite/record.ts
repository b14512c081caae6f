import type {
  DeliverySnapshot,
  EventId,
  EventSnapshot,
  EventStatus,
  HistoryBlock,
  RecordedEvent,
} from '@hookline/core';
import type { Kysely } from 'kysely';
import type Database from 'libsql';
import { packBody } from '../record/body-codec.ts';
import { mergeSnapshots, planRecord, type Known } from '../record/plan.ts';
import {
  attemptRow,
  auditRow,
  deliveryRows,
  eventRow,
  kindsOf,
  refusalRow,
  revisionParts,
  storableEvent,
} from '../record/rows.ts';
import { spansOf } from '../record/spans.ts';
import { touchedMinutes } from '../rollup/touched.ts';
import { recordDeaths } from '../sql/deaths.ts';
import type { EventRow, Tables } from '../schema/tables.ts';
import { eventTokens, payloadTokens } from '../text/document.ts';
import { inTransaction, number, runScript } from './database.ts';
import { prepareInserts, prepareStatements } from './statements.ts';
import { stateWords, wordsOf } from './words.ts';

interface KnownHere extends Known {
  readonly status: EventStatus;
}

/** Writes blocks into one connection's database. */
export class Recorder {
  readonly #database: Database.Database;
  readonly #db: Kysely<Tables>;
  readonly #insert: ReturnType<typeof prepareInserts>;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Database.Database, db: Kysely<Tables>) {
    this.#database = database;
    this.#db = db;
    this.#insert = prepareInserts(database);
    this.#statements = prepareStatements(database);
  }

  record(block: HistoryBlock): readonly RecordedEvent[] {
    const events = mergeSnapshots(block.events).map(storableEvent);
    const prepared = new Map(events.map((event) => [event.id, prepare(event)]));
    return inTransaction(this.#database, () => {
      const plan = planRecord(events, this.#known(events));
      this.#add(plan.added, prepared);
      for (const { known, event } of plan.replaced) this.#replace(known as KnownHere, event);
      for (const { known, event } of plan.completed) this.#complete(known, event, prepared.get(event.id));
      const attempts = block.attempts.map(attemptRow);
      this.#insert.attempts(attempts);
      runScript(this.#database, recordDeaths(this.#db, attempts));
      this.#insert.refusals(block.refusals.map(refusalRow));
      this.#insert.audit(block.audit.map(auditRow));
      this.#insert.touched(touchedMinutes(plan.added, block));
      if (block.cursor !== undefined)
        this.#statements.cursor.run(block.cursor.partition, ...revisionParts(block.cursor.position));
      return plan.recorded;
    });
  }

  #known(events: readonly EventSnapshot[]): ReadonlyMap<EventId, KnownHere> {
    const rows = this.#statements.known.all(JSON.stringify(events.map(({ id }) => id)));
    return new Map(
      (rows as EventRow[]).map(({ seq, id, revision_ms, revision_count, status, bytes }) => [
        id,
        { seq, id, status, revision: `${revision_ms}-${revision_count}` as const, hasBody: bytes !== null },
      ]),
    );
  }

  #add(events: readonly EventSnapshot[], prepared: ReadonlyMap<EventId, Prepared>): void {
    if (events.length === 0) return;
    const last = number(this.#database, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
    const first = Number(last ?? 0) + 1;
    const placed = events.map((event, at) => ({ seq: first + at, event, ...prepared.get(event.id) }));
    this.#insert.events(
      placed.map(({ seq, event, isCut = false }) => ({
        seq,
        ...eventRow(event),
        bytes: event.body?.length ?? null,
        text_cut: isCut ? 1 : 0,
      })),
    );
    this.#insert.bodies(
      placed.flatMap(({ seq, packed }) =>
        packed === undefined ? [] : [{ seq, encoding: packed.encoding, body: packed.bytes }],
      ),
    );
    this.#insert.words(
      placed.map(({ seq, event, words = '', bodyWords = '' }) => ({
        rowid: seq,
        tokens: [words, bodyWords, ...stateWords(event.status, event.deliveries)].join(' '),
      })),
    );
    this.#insert.deliveries(placed.flatMap(({ seq, event }) => deliveryRows(seq, event.deliveries)));
    this.#insert.kinds(kindsOf(events));
    this.#insert.spans(spansOf(placed));
  }

  #replace({ seq, status }: KnownHere, event: EventSnapshot): void {
    const { deliveriesOf, forgetDeliveries, update, removeWords } = this.#statements;
    const before = stateWords(status, deliveriesOf.all(seq) as DeliverySnapshot[]);
    const after = stateWords(event.status, event.deliveries);
    update.run(...revisionParts(event.revision), event.status, event.settledAt ?? null, seq);
    const gone = [...before].filter((word) => !after.has(word));
    const come = [...after].filter((word) => !before.has(word));
    // Another condition of its filter may not hold by now.
    const isFiltered = event.deliveries.some(({ reason }) => reason !== undefined);
    if (gone.length === 0 && come.length === 0 && !isFiltered) return;
    forgetDeliveries.run(seq);
    this.#insert.deliveries(deliveryRows(seq, event.deliveries));
    if (gone.length > 0) removeWords.run(seq, gone.join(' '));
    if (come.length > 0) this.#insert.words([{ rowid: seq, tokens: come.join(' ') }]);
  }

  #complete({ seq }: Known, event: EventSnapshot, prepared: Prepared | undefined): void {
    if (prepared?.packed === undefined) return;
    const { packed, bodyWords, isCut } = prepared;
    this.#statements.complete.run(event.body?.length ?? 0, isCut ? 1 : 0, seq);
    this.#insert.bodies([{ seq, encoding: packed.encoding, body: packed.bytes }]);
    this.#insert.words([{ rowid: seq, tokens: bodyWords }]);
  }
}

type Prepared = ReturnType<typeof prepare>;

/** What takes time and no database. */
function prepare(event: EventSnapshot) {
  const own = eventTokens(event);
  const { body, headers } = event;
  const payload = body === undefined ? undefined : payloadTokens({ headers, body });
  const tokens = payload?.tokens ?? new Set();
  for (const token of own) tokens.delete(token);
  return {
    words: wordsOf(own),
    bodyWords: wordsOf(tokens),
    isCut: payload?.isCut ?? false,
    packed: body === undefined ? undefined : packBody(body),
  };
}
