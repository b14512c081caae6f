/** Reads the history for the audit, in a process of its own: `node history-reader.js <HISTORY_URL>`, then questions. */
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import Database from 'libsql';
import pg from 'pg';
import type { ReaderAnswer, ReaderQuestion, RecordedEvent } from './history-audit.ts';

type Row = Readonly<Record<string, unknown>>;
type Query = (statement: string) => Promise<readonly Row[]>;

const EVENTS = `SELECT e.seq, e.id, e.provider_id, e.status, e.sha256, b.encoding, b.body
  FROM events e LEFT JOIN bodies b ON b.seq = e.seq ORDER BY e.seq`;
const DELIVERIES = 'SELECT seq, handler, status FROM deliveries';
const ATTEMPTS = 'SELECT event_id, handler, outcome FROM attempts';
const BUSY_MS = 5_000;

const url = process.argv[2] ?? '';
const query = url.startsWith('sqlite:') ? sqliteQuery(url.slice('sqlite:'.length)) : postgresQuery();
process.once('disconnect', () => process.exit(0));
process.on('message', (question: ReaderQuestion) => {
  answerTo(question).then(
    (answer) => tell(answer),
    (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
  );
});

function tell(answer: ReaderAnswer): void {
  process.send?.(answer, undefined, undefined, () => undefined);
}

async function answerTo(question: ReaderQuestion): Promise<ReaderAnswer> {
  switch (question.kind) {
    case 'all':
      return { events: await readAll() };
    case 'holding': {
      const list = question.events.map((event) => `'${event.replaceAll("'", "''")}'`).join();
      const rows = await query(
        `SELECT e.id FROM events e JOIN bodies b ON b.seq = e.seq WHERE e.id IN (${list})`,
      );
      return { held: rows.map(({ id }) => String(id)) };
    }
  }
}

function sqliteQuery(file: string): Query {
  let database: Database.Database | undefined;
  return async (statement) => {
    if (database === undefined) {
      database = new Database(file, { fileMustExist: true });
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA query_only = 1`);
    }
    return database.prepare(statement).all() as Row[];
  };
}

/** A connection for each statement: the last one may have ended with the server. */
function postgresQuery(): Query {
  return async (statement) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: BUSY_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
}

async function readAll(): Promise<readonly RecordedEvent[]> {
  const deliveries = new Map<string, Record<string, string>>();
  for (const { seq, handler, status } of await query(DELIVERIES)) {
    const its = deliveries.get(String(seq)) ?? {};
    its[String(handler)] = String(status);
    deliveries.set(String(seq), its);
  }
  const attempts = new Map<string, string[]>();
  for (const { event_id, handler, outcome } of await query(ATTEMPTS)) {
    const its = attempts.get(String(event_id)) ?? [];
    its.push(`${String(handler)} ${String(outcome)}`);
    attempts.set(String(event_id), its);
  }
  return (await query(EVENTS)).map((row) => ({
    event: String(row['id']),
    id: String(row['provider_id']),
    status: String(row['status']),
    sha: String(row['sha256']),
    ...bodyHash(row['encoding'], row['body']),
    deliveries: deliveries.get(String(row['seq'])) ?? {},
    attempts: attempts.get(String(row['id'])) ?? [],
  }));
}

/** Bodies lie there as they are (`raw`), or as a raw deflate stream (`deflate`). */
function bodyHash(encoding: unknown, stored: unknown): { bodySha?: string } {
  if (!(stored instanceof Uint8Array || stored instanceof ArrayBuffer)) return {};
  const bytes = stored instanceof ArrayBuffer ? new Uint8Array(stored) : stored;
  try {
    const body = encoding === 'deflate' ? inflateRawSync(bytes) : bytes;
    return { bodySha: createHash('sha256').update(body).digest('hex') };
  } catch {
    return { bodySha: 'unreadable' };
  }
}
