import { explain, type History, type Logger } from '@hookline/core';
import type { HistorySettings } from '../config.ts';

/** How late what operators see of the last minute may be. */
const SUMMARIZE_INTERVAL_MS = 1_000;
const PRUNE_INTERVAL_MS = 3_600_000;
/** Strangers decide how many refusals there are. */
const MOST_NOTES = 100_000;

/** What a history needs now and then, however many recorders write into it. */
export class Upkeep {
  readonly #settings: HistorySettings;
  readonly #log: Logger;
  #isBusy = false;
  #prunedAt = -Infinity;
  #summarizedAt = -Infinity;

  constructor(settings: HistorySettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Does what is due, unless somebody does so already: what is new is recorded in between. */
  async step(history: History): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#summarize(history);
      await this.#prune(history);
    } finally {
      this.#isBusy = false;
    }
  }

  /** A step of it at a time. */
  async #summarize(history: History): Promise<void> {
    if (performance.now() - this.#summarizedAt < SUMMARIZE_INTERVAL_MS) return;
    try {
      const { more } = await history.summarize();
      if (!more) this.#summarizedAt = performance.now();
    } catch (error) {
      this.#summarizedAt = performance.now();
      this.#log.warn('the history could not sum up what happened', { error: explain(error) });
    }
  }

  async #prune(history: History): Promise<void> {
    if (performance.now() - this.#prunedAt < PRUNE_INTERVAL_MS) return;
    this.#prunedAt = performance.now();
    try {
      await history.prune(limitsOf(this.#settings, Date.now()));
    } catch (error) {
      this.#log.warn('the history could not forget what is over its retention', { error: explain(error) });
    }
  }
}

/** @param now milliseconds since the epoch */
export function limitsOf({ retention, most }: HistorySettings, now: number) {
  return {
    before: now - retention,
    mostRefusals: MOST_NOTES,
    mostAudit: MOST_NOTES,
    perSource: Object.fromEntries([...most].map(([source, count]) => [source, { most: count }])),
  };
}
