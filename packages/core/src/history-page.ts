export interface PageOptions {
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string;
}

/** One page, newest first. */
export interface HistoryPage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `undefined` when there is none. A page with a next one may hold fewer than asked for. */
  readonly next: string | undefined;
}
