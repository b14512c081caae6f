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
import { handlers, sources } from './activity.ts';
import { find, findBody } from './find.ts';
import { issue, issueDeliveries, issues, setIssueState } from './issues.ts';
import { audit, count, cursor, refusals, stats } from './lists.ts';
import { prune } from './prune.ts';
import { search } from './search.ts';
import { series } from './series.ts';
import type { HistoryStore } from './store.ts';
import { Summarizer } from './summarizer.ts';

/** A history on whichever database the store is. */
export class SqlHistory implements History {
  readonly #store: HistoryStore;
  readonly #summarizer: Summarizer;

  constructor(store: HistoryStore) {
    this.#store = store;
    this.#summarizer = new Summarizer(store);
  }

  record(block: HistoryBlock) {
    return this.#told(this.#store.record(block));
  }

  cursor(partition: string) {
    return this.#told(cursor(this.#store.db, partition));
  }

  find(id: EventId) {
    return this.#told(find(this.#store.db, id));
  }

  body(id: EventId) {
    return this.#told(findBody(this.#store.db, id));
  }

  search(query: SearchQuery, page: PageOptions) {
    return this.#told(search(this.#store, query, page));
  }

  count(range: TimeRange) {
    return this.#told(count(this.#store.db, range));
  }

  refusals(query: RefusalQuery) {
    return this.#told(refusals(this.#store.db, query));
  }

  audit(query: AuditQuery) {
    return this.#told(audit(this.#store.db, query));
  }

  issues(query: IssueQuery) {
    return this.#told(issues(this.#store.db, query));
  }

  issue(fingerprint: string, now: number) {
    return this.#told(issue(this.#store.db, fingerprint, now));
  }

  setIssueState(change: IssueStateChange) {
    return this.#told(setIssueState(this.#store.db, change));
  }

  issueDeliveries(fingerprint: string, page: PageOptions) {
    return this.#told(issueDeliveries(this.#store.db, fingerprint, page));
  }

  summarize() {
    return this.#told(this.#summarizer.step());
  }

  series(query: SeriesQuery) {
    return this.#told(series(this.#store.db, query));
  }

  sources(range: ActivityRange) {
    return this.#told(sources(this.#store.db, range));
  }

  handlers(range: ActivityRange) {
    return this.#told(handlers(this.#store.db, range));
  }

  prune(limits: PruneLimits) {
    return this.#told(prune(this.#store, limits));
  }

  stats() {
    return this.#told(stats(this.#store));
  }

  close() {
    return this.#store.close();
  }

  async #told<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      // A wrong question is no failure of the database.
      throw error instanceof RangeError ? error : this.#store.failureOf(error);
    }
  }
}
