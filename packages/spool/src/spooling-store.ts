import {
  explain,
  LATE,
  largeBodyTime,
  within,
  type AcceptResult,
  type EventStore,
  type IncomingEvent,
  type Logger,
  type TransferStore,
} from '@hookline/core';
import { drain } from './drain.ts';
import type { SpoolCounters } from './spool-counters.ts';
import type { Spool } from './spool.ts';

/**
 * `direct`: the spool is empty, events go to the store. `spooling`: one went to the spool, so all that come later do,
 * or they would overtake it. `catching-up`: what is left goes over in one batch, and new events wait for that.
 */
export type SpoolingState = 'direct' | 'spooling' | 'catching-up';

export interface SpoolingStoreOptions {
  readonly store: TransferStore;
  readonly spool: Spool;
  readonly log: Logger;
  readonly counters: SpoolCounters;
  /** Milliseconds that the store may take for an event before it goes to the spool. */
  readonly patience?: number;
  /** Milliseconds between two looks whether the store is back. */
  readonly probeInterval?: number;
  /** Events that are drained at once. */
  readonly batch?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface SpoolingStore extends EventStore {
  readonly state: SpoolingState;
  /** Stops draining; what is in the spool stays there. The spool is the caller's to close. */
  close(): Promise<void>;
}

const PATIENCE_MS = 200;
const PROBE_MS = 250;
const BATCH = 128;

/** A store that keeps events on this machine's disk while the one behind it is away or too slow, and their order. */
export function createSpoolingStore(options: SpoolingStoreOptions): SpoolingStore {
  return new DiskBackedStore({
    patience: PATIENCE_MS,
    probeInterval: PROBE_MS,
    batch: BATCH,
    now: Date.now,
    ...options,
  });
}

class DiskBackedStore implements SpoolingStore {
  readonly #options: Required<SpoolingStoreOptions>;
  readonly #store: TransferStore;
  readonly #spool: Spool;
  readonly #log: Logger;
  readonly #counters: SpoolCounters;
  #state: SpoolingState = 'direct';
  #outage: { readonly since: number; reason: string; drained: number } | undefined;
  #isDraining = false;
  #draining: Promise<void> | undefined;
  #gate = createGate();
  readonly #closing = new AbortController();

  constructor(options: Required<SpoolingStoreOptions>) {
    this.#options = options;
    this.#store = options.store;
    this.#spool = options.spool;
    this.#log = options.log;
    this.#counters = options.counters;
    if (options.spool.size > 0) this.#spoolFromNowOn('events of an earlier process are in the spool');
  }

  get state(): SpoolingState {
    return this.#state;
  }

  accept(event: IncomingEvent): Promise<AcceptResult> {
    switch (this.#state) {
      case 'direct':
        return this.#toStore(event, this.#options.patience);
      case 'spooling':
        return this.#toSpool(event, this.#outage?.reason ?? 'the store is away');
      case 'catching-up':
        return this.#afterCatchUp(event);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#draining;
  }

  async #toStore(event: IncomingEvent, withinMs: number): Promise<AcceptResult> {
    const patience = withinMs + largeBodyTime(event.body.length) / 2;
    const result = await within(patience, this.#store.accept(event));
    if (result === LATE)
      return this.#toSpool(event, `no answer from the store within ${Math.round(patience)} ms`);
    return result.kind === 'unavailable' ? this.#toSpool(event, result.reason) : result;
  }

  /** Half of the patience for the last batch, what is left of it for the store. */
  async #afterCatchUp(event: IncomingEvent): Promise<AcceptResult> {
    const begun = performance.now();
    const opened = await within(this.#options.patience / 2, this.#gate.opened);
    if (opened === LATE) return this.#toSpool(event, 'the last events of the spool are not through in time');
    return this.#state === 'direct'
      ? this.#toStore(event, this.#options.patience - (performance.now() - begun))
      : this.#toSpool(event, this.#outage?.reason ?? 'the store is away');
  }

  async #toSpool(event: IncomingEvent, reason: string): Promise<AcceptResult> {
    const appended = this.#spool.append(event);
    this.#spoolFromNowOn(reason);
    try {
      if ((await appended) === 'spooled') {
        this.#counters.spooled();
        return { kind: 'spooled', id: event.id };
      }
      this.#counters.refused();
      return {
        kind: 'unavailable',
        reason: `${reason}; the spool is full (${this.#spool.bytes} bytes)`,
      };
    } catch (error) {
      this.#counters.refused();
      const refusal = explain(error);
      return { kind: 'unavailable', reason: `${reason}; the spool cannot take it: ${refusal}` };
    }
  }

  /** In the same step as the append: what comes next must not find the store first. */
  #spoolFromNowOn(reason: string): void {
    if (this.#outage === undefined) {
      this.#outage = { since: this.#options.now(), reason, drained: 0 };
      this.#log.warn('events go to the spool until the store takes them', {
        reason,
        folder: this.#spool.folder,
      });
    }
    this.#enter('spooling');
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#draining = this.#drainAll();
  }

  #enter(next: SpoolingState): void {
    if (this.#state === next) return;
    const was = this.#state;
    this.#state = next;
    if (was === 'catching-up') this.#gate.open();
    if (next === 'catching-up') this.#gate = createGate();
  }

  async #drainAll(): Promise<void> {
    // The first goes alone: it finds out whether the store is back.
    let count = 1;
    while (this.#spool.size > 0) {
      if (this.#closing.signal.aborted) return;
      if (count > 1 && this.#spool.size <= this.#options.batch) this.#enter('catching-up');
      const stopped = await this.#step(count);
      count = stopped === undefined ? this.#options.batch : 1;
      if (stopped === undefined) continue;
      this.#enter('spooling');
      await pause(this.#options.probeInterval, this.#closing.signal);
    }
    // In one step: an append that comes next starts the draining anew.
    this.#isDraining = false;
    this.#enter('direct');
    if (this.#outage !== undefined)
      this.#log.info('the spool is drained', {
        events: this.#outage.drained,
        ms: this.#options.now() - this.#outage.since,
      });
    this.#outage = undefined;
  }

  /** @returns why it did not go on; `undefined` when it did */
  async #step(count: number): Promise<string | undefined> {
    try {
      const { drained, stopped } = await drain(this.#spool, this.#store, count);
      this.#counters.drained(drained);
      if (this.#outage !== undefined) {
        this.#outage.drained += drained;
        this.#outage.reason = stopped ?? this.#outage.reason;
      }
      return drained === 0 ? (stopped ?? 'the spool has nothing to read yet') : stopped;
    } catch (error) {
      this.#log.error('the spool could not be read; trying again', {
        folder: this.#spool.folder,
        error,
      });
      return 'the spool could not be read';
    }
  }
}

interface Gate {
  readonly opened: Promise<'opened'>;
  open(): void;
}

function createGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<'opened'>((resolve) => {
    open = () => resolve('opened');
  });
  return { opened, open };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
