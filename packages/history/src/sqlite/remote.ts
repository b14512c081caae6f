import type {
  ActivityRange,
  AuditQuery,
  EventId,
  History,
  HistoryBlock,
  IssueQuery,
  IssueStateChange,
  PageOptions,
  PruneLimits,
  RefusalQuery,
  SearchQuery,
  SeriesQuery,
  TimeRange,
} from '@hookline/core';
import { Worker } from 'node:worker_threads';
import { Remote } from './channel.ts';

/** Compiled in every case: what starts a thread reads no TypeScript. */
const THREAD = new URL('../../dist/sqlite/thread.js', import.meta.url);

/** Opens a file's history in two threads, so that neither this one nor who reads waits for who writes. */
export async function openSqliteHistory(file: string): Promise<History> {
  const writer = await openThread(file);
  try {
    return new ThreadedHistory(writer, await openThread(file));
  } catch (error) {
    await writer.end();
    throw error;
  }
}

async function openThread(file: string): Promise<Remote> {
  const remote = new Remote(new Worker(THREAD, { workerData: { file } }));
  try {
    await remote.opened();
    return remote;
  } catch (error) {
    await remote.end();
    throw error;
  }
}

class ThreadedHistory implements History {
  readonly #writer: Remote;
  readonly #reader: Remote;

  constructor(writer: Remote, reader: Remote) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Bodies are copied once: what they lie in is often shared with others. */
  record(block: HistoryBlock) {
    const bytes: ArrayBuffer[] = [];
    const own = (shared: Buffer): Buffer => {
      const copy = new Uint8Array(shared);
      bytes.push(copy.buffer);
      return copy as Buffer;
    };
    const events = block.events.map((event) =>
      event.body === undefined ? event : { ...event, body: own(event.body) },
    );
    const refusals = block.refusals.map((refusal) => ({ ...refusal, excerpt: own(refusal.excerpt) }));
    return this.#writer.call('record', [{ ...block, events, refusals }], bytes);
  }

  cursor(partition: string) {
    return this.#writer.call('cursor', [partition]);
  }

  find(id: EventId) {
    return this.#reader.call('find', [id]);
  }

  body(id: EventId) {
    return this.#reader.call('body', [id]);
  }

  search(query: SearchQuery, page: PageOptions) {
    return this.#reader.call('search', [query, page]);
  }

  count(range: TimeRange) {
    return this.#reader.call('count', [range]);
  }

  refusals(query: RefusalQuery) {
    return this.#reader.call('refusals', [query]);
  }

  audit(query: AuditQuery) {
    return this.#reader.call('audit', [query]);
  }

  issues(query: IssueQuery) {
    return this.#reader.call('issues', [query]);
  }

  issue(fingerprint: string, now: number) {
    return this.#reader.call('issue', [fingerprint, now]);
  }

  setIssueState(change: IssueStateChange) {
    return this.#writer.call('setIssueState', [change]);
  }

  issueDeliveries(fingerprint: string, page: PageOptions) {
    return this.#reader.call('issueDeliveries', [fingerprint, page]);
  }

  summarize() {
    return this.#writer.call('summarize', []);
  }

  series(query: SeriesQuery) {
    return this.#reader.call('series', [query]);
  }

  sources(range: ActivityRange) {
    return this.#reader.call('sources', [range]);
  }

  handlers(range: ActivityRange) {
    return this.#reader.call('handlers', [range]);
  }

  prune(limits: PruneLimits) {
    return this.#writer.call('prune', [limits]);
  }

  stats() {
    return this.#reader.call('stats', []);
  }

  async close() {
    await this.#reader.call('close', []);
    await this.#writer.call('close', []);
    await Promise.all([this.#reader.end(), this.#writer.end()]);
  }
}
