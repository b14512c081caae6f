import type { Summarized } from '@hookline/core';
import type { HistoryStore } from './store.ts';
import { summarizeStep } from './summarize.ts';

/** A minute with more rows is summed anew less often: while it lasts, every block that is recorded touches it. */
const MANY_ROWS = 5_000;
const REST_MS_PER_ROW = 0.1;

/** Brings sums up to date, and lets busy minutes rest. */
export class Summarizer {
  readonly #store: HistoryStore;
  readonly #rests = new Map<number, number>();

  constructor(store: HistoryStore) {
    this.#store = store;
  }

  async step(): Promise<Summarized> {
    const now = performance.now();
    for (const [minute, until] of this.#rests) if (until <= now) this.#rests.delete(minute);
    const { summed, more } = await this.#store.transact(
      summarizeStep(this.#store.db, [...this.#rests.keys()]),
    );
    for (const { minute, rows } of summed)
      if (rows > MANY_ROWS) this.#rests.set(minute, performance.now() + rows * REST_MS_PER_ROW);
    return { minutes: summed.length, more };
  }
}
