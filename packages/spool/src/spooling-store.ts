import type { AcceptResult, EventStore, IncomingEvent, Logger } from '@hookline/core';
import { drain } from './drain.ts';
import { inTime } from './in-time.ts';
import type { SpoolCounters } from './spool-counters.ts';
import type { Spool } from './spool.ts';

/**
 * `direct`: the spool is empty, events go to the store. `spooling`: one went to the spool, so all that come later do,
 * or they would overtake it. `catching-up`: what is left goes over in one batch, and new events wait for that.
 */
export type SpoolingState = 'direct' | 'spooling' | 'catching-up';

export interface SpoolingStoreOptions {
  readonly store: EventStore;
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
export function createSpoolingStore({
  store,
  spool,
  log,
  counters,
  patience = PATIENCE_MS,
  probeInterval = PROBE_MS,
  batch = BATCH,
  now = Date.now,
}: SpoolingStoreOptions): SpoolingStore {
  let state: SpoolingState = 'direct';
  let outage: { readonly since: number; reason: string; drained: number } | undefined;
  let isDraining = false;
  let draining: Promise<void> | undefined;
  let gate = createGate();
  const closing = new AbortController();

  async function accept(event: IncomingEvent): Promise<AcceptResult> {
    switch (state) {
      case 'direct':
        return toStore(event, patience);
      case 'spooling':
        return toSpool(event, outage?.reason ?? 'the store is away');
      case 'catching-up':
        return afterCatchUp(event);
    }
  }

  async function toStore(event: IncomingEvent, withinMs: number): Promise<AcceptResult> {
    const result = await inTime(store.accept(event), withinMs);
    if (result === 'late') return toSpool(event, `no answer from the store within ${patience} ms`);
    return result.kind === 'unavailable' ? toSpool(event, result.reason) : result;
  }

  /** Half of the patience for the last batch, what is left of it for the store. */
  async function afterCatchUp(event: IncomingEvent): Promise<AcceptResult> {
    const begun = performance.now();
    const opened = await inTime(gate.opened, patience / 2);
    if (opened === 'late') return toSpool(event, 'the last events of the spool are not through in time');
    return state === 'direct'
      ? toStore(event, patience - (performance.now() - begun))
      : toSpool(event, outage?.reason ?? 'the store is away');
  }

  async function toSpool(event: IncomingEvent, reason: string): Promise<AcceptResult> {
    const appended = spool.append(event);
    spoolFromNowOn(reason);
    try {
      if ((await appended) === 'spooled') {
        counters.spooled();
        return { kind: 'spooled', id: event.id };
      }
      counters.refused();
      return { kind: 'unavailable', reason: `${reason}; the spool is full (${spool.bytes} bytes)` };
    } catch (error) {
      counters.refused();
      const refusal = error instanceof Error ? error.message : String(error);
      return { kind: 'unavailable', reason: `${reason}; the spool cannot take it: ${refusal}` };
    }
  }

  /** In the same step as the append: what comes next must not find the store first. */
  function spoolFromNowOn(reason: string): void {
    if (outage === undefined) {
      outage = { since: now(), reason, drained: 0 };
      log.warn('events go to the spool until the store takes them', { reason, folder: spool.folder });
    }
    enter('spooling');
    if (isDraining) return;
    isDraining = true;
    draining = drainAll();
  }

  function enter(next: SpoolingState): void {
    if (state === next) return;
    const was = state;
    state = next;
    if (was === 'catching-up') gate.open();
    if (next === 'catching-up') gate = createGate();
  }

  async function drainAll(): Promise<void> {
    // The first goes alone: it finds out whether the store is back.
    let count = 1;
    while (spool.size > 0) {
      if (closing.signal.aborted) return;
      if (count > 1 && spool.size <= batch) enter('catching-up');
      const stopped = await step(count);
      count = stopped === undefined ? batch : 1;
      if (stopped === undefined) continue;
      enter('spooling');
      await pause(probeInterval, closing.signal);
    }
    // In one step: an append that comes next starts the draining anew.
    isDraining = false;
    enter('direct');
    if (outage !== undefined)
      log.info('the spool is drained', { events: outage.drained, ms: now() - outage.since });
    outage = undefined;
  }

  /** @returns why it did not go on; `undefined` when it did */
  async function step(count: number): Promise<string | undefined> {
    try {
      const { drained, stopped } = await drain(spool, store, count);
      counters.drained(drained);
      if (outage !== undefined) {
        outage.drained += drained;
        outage.reason = stopped ?? outage.reason;
      }
      return drained === 0 ? (stopped ?? 'the spool has nothing to read yet') : stopped;
    } catch (error) {
      log.error('the spool could not be read; trying again', { folder: spool.folder, error });
      return 'the spool could not be read';
    }
  }

  if (spool.size > 0) spoolFromNowOn('events of an earlier process are in the spool');

  return {
    get state() {
      return state;
    },
    accept,
    async close() {
      closing.abort();
      await draining;
    },
  };
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
