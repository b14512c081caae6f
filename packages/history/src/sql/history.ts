import type {
  AuditQuery,
  EventId,
  History,
  HistoryBlock,
  PageOptions,
  PruneLimits,
  RefusalQuery,
  SearchQuery,
  TimeRange,
} from '@hookline/core';
import { find, findBody } from './find.ts';
import { audit, count, cursor, refusals, stats } from './lists.ts';
import { prune } from './prune.ts';
import { search } from './search.ts';
import type { HistoryStore } from './store.ts';

/** A history on whichever database the store is. */
export class SqlHistory implements History {
  readonly #store: HistoryStore;

  constructor(store: HistoryStore) {
    this.#store = store;
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
