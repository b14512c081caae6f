import {
  matchesType,
  type EventSummary,
  type HistoryPage,
  type PageOptions,
  type SearchQuery,
} from '@hookline/core';
import { sql, type Kysely } from 'kysely';
import { unpackBody } from '../record/body-codec.ts';
import { storable } from '../record/rows.ts';
import { createTextCheck } from '../text/document.ts';
import { holdsWord } from '../text/fold.ts';
import { fieldsHold, startsWith } from './fields.ts';
import { loadDeliveries } from './find.ts';
import { bufferOf, headersOf, summaryOf } from './read-rows.ts';
import type { HistoryStore, Wanted } from './store.ts';
import { EVENT_COLUMNS, SPAN, type EventRow, type Tables } from '../schema/tables.ts';

/** Candidates that one page looks at: what the index cannot tell apart is read again. */
const MOST_EXAMINED = 5_000;
const LARGEST_STEP = 500;
/** Events that are named so closely are looked at one by one. */
const FEW = 1_000;

/** Finds events, newest first. What an index gives is read again, so nothing that is found only looks like a hit. */
export async function search(
  store: HistoryStore,
  asked: SearchQuery,
  { limit, before }: PageOptions,
): Promise<HistoryPage<EventSummary>> {
  const query = normal(asked);
  const wanted = await planned(store.db, query, before);
  if (wanted === undefined || limit < 1) return { items: [], next: undefined };
  const candidates = await candidatesOf(store, wanted);
  const found: EventRow[] = [];
  let { below } = wanted;
  let isMore = true;
  for (let [examined, step] = [0, limit]; isMore && found.length < limit && examined < MOST_EXAMINED;) {
    const seqs = await candidates(below, step);
    isMore = seqs.length === step;
    for (const row of await matching(store.db, seqs, query)) {
      if (found.length === limit) break;
      found.push(row);
    }
    examined += seqs.length;
    below = seqs.at(-1) ?? below;
    step = Math.min(LARGEST_STEP, step * 2);
  }
  const deliveries = await loadDeliveries(
    store.db,
    found.map(({ seq }) => seq),
  );
  const isFull = found.length === limit;
  return {
    items: found.map((row) => summaryOf(row, deliveries.get(row.seq) ?? [])),
    next: isFull ? String(found.at(-1)?.seq) : isMore ? String(below) : undefined,
  };
}

/** @throws RangeError for a phrase that no index can hold */
function normal(query: SearchQuery): SearchQuery {
  const wordless = query.phrases.find((phrase) => !holdsWord(phrase));
  if (wordless !== undefined)
    throw new RangeError(`${JSON.stringify(wordless)} has no letter or digit to search for`);
  return {
    ...query,
    phrases: query.phrases.map(storable),
    ...(query.providerId === undefined ? {} : { providerId: storable(query.providerId) }),
    ...(query.subject === undefined ? {} : { subject: storable(query.subject) }),
  };
}

/** @returns `undefined` when nothing can be found: no such type ever came, or nothing in that time */
async function planned(db: Kysely<Tables>, query: SearchQuery, before?: string): Promise<Wanted | undefined> {
  const { type } = query;
  const types = type === undefined ? undefined : await typesOf(db, type);
  if (types?.length === 0) return undefined;
  let [from, below] = [0, before === undefined ? Number.MAX_SAFE_INTEGER : Number(before)];
  if (query.from !== undefined || query.until !== undefined) {
    const spans = await db
      .selectFrom('spans')
      .select(({ fn }) => [fn.min('number').as('first'), fn.max('number').as('last')])
      .where('latest', '>=', query.from ?? 0)
      .where('earliest', '<', query.until ?? Number.MAX_SAFE_INTEGER)
      .executeTakeFirst();
    if (spans === undefined || spans.first === null) return undefined;
    from = spans.first * SPAN;
    below = Math.min(below, (spans.last + 1) * SPAN);
  }
  return { query, types, from, below };
}

async function typesOf(db: Kysely<Tables>, pattern: string): Promise<readonly string[]> {
  if (!pattern.endsWith('*')) return [storable(pattern)];
  const rows = await db.selectFrom('kinds').select('type').distinct().execute();
  return rows.map(({ type }) => type).filter((type) => matchesType(storable(pattern), type));
}

async function candidatesOf(store: HistoryStore, wanted: Wanted) {
  const { subject, phrases, pairs } = wanted.query;
  const named = await namedSeqs(store.db, wanted.query);
  const isBySubject = subject !== undefined && phrases.length === 0 && pairs.length === 0;
  if (named === undefined && !isBySubject)
    return (below: number, most: number) => store.candidates({ ...wanted, below }, most);
  return async (below: number, most: number): Promise<readonly number[]> => {
    if (named?.length === 0) return [];
    const rows = await store.db
      .selectFrom('events')
      .select('seq')
      .$if(named !== undefined, (events) => events.where('seq', 'in', named ?? []))
      .where(fieldsHold({ ...wanted, below }))
      .orderBy('seq', 'desc')
      .limit(most)
      .execute();
    return rows.map(({ seq }) => seq);
  };
}

/** Events that are asked for by a name; `undefined` when by none, or one that too many begin with. */
async function namedSeqs(db: Kysely<Tables>, query: SearchQuery) {
  const name = nameIn(query);
  if (name === undefined) return undefined;
  const rows = await db
    .selectFrom('events')
    .select('seq')
    .where(name)
    .limit(FEW + 1)
    .execute();
  return rows.length > FEW ? undefined : rows.map(({ seq }) => seq);
}

/** What few events have. */
function nameIn({ idPrefix, providerId, subject }: SearchQuery) {
  if (providerId !== undefined) return sql<boolean>`provider_id = ${providerId}`;
  if (idPrefix !== undefined) return startsWith(idPrefix);
  return subject === undefined ? undefined : sql<boolean>`subject = ${subject}`;
}

async function matching(
  db: Kysely<Tables>,
  seqs: readonly number[],
  query: SearchQuery,
): Promise<EventRow[]> {
  if (seqs.length === 0) return [];
  const events = db.selectFrom('events').where('events.seq', 'in', seqs).orderBy('events.seq', 'desc');
  const columns = EVENT_COLUMNS.map((column) => `events.${column}` as const);
  if (query.phrases.length === 0 && query.pairs.length === 0) return events.select(columns).execute();
  const rows = await events
    .leftJoin('bodies', 'bodies.seq', 'events.seq')
    .select([...columns, 'bodies.encoding', 'bodies.body'])
    .execute();
  const holds = createTextCheck(query);
  return rows.filter(({ encoding, body, headers, provider_id: providerId, ...event }) => {
    const bytes = encoding && body ? unpackBody({ encoding, bytes: bufferOf(body) }) : undefined;
    return holds({ ...event, providerId }, bytes && { headers: headersOf(headers), body: bytes });
  });
}
