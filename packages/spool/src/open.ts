import { NO_METER, type IncomingEvent, type Logger, type Meter, type TransferStore } from '@hookline/core';
import { drain } from './drain.ts';
import { openAbandoned, type LeftSpool } from './folders.ts';
import { openOwn } from './own-spools.ts';
import { createSpoolCounters } from './spool-counters.ts';
import type { Spool } from './spool.ts';
import { createSpoolingStore, type SpoolingState, type SpoolingStore } from './spooling-store.ts';
import { METRICS } from './metrics.ts';

export interface SpoolSettings {
  /** Where spools lie, one folder for each process. */
  readonly folder: string;
  /** Bytes of events that this process may keep. */
  readonly limit: number;
}

export interface OpenSpoolingStore extends SpoolSettings {
  /** The store behind the spool. */
  readonly store: TransferStore;
  readonly log: Logger;
  readonly meter?: Meter;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds between two looks for what other processes left behind. */
  readonly adoptInterval?: number;
}

/** A spooling store with everything around it. */
export interface OpenedSpoolingStore extends SpoolingStore {
  /** Resolves when the spool would take an event. @throws Error that says why it would not */
  check(): Promise<void>;
}

const ADOPT_MS = 15_000;
const BATCH = 128;

/**
 * Puts a spool in front of a store, of a store with lanes one in front of each, drains what an earlier process left in it, and looks every 15 s for spools that
 * other processes on this disk have left.
 * @throws Error that names the folder and what to do, when the disk refuses
 */
export async function openSpoolingStore({
  folder,
  limit,
  store,
  log,
  meter = NO_METER,
  now = Date.now,
  adoptInterval = ADOPT_MS,
}: OpenSpoolingStore): Promise<OpenedSpoolingStore> {
  const counters = createSpoolCounters(meter);
  const options = { folder, limit, log, counters };
  const own = await openOwn(options, store.lanes);
  const lanes = own.lanes.map((spool) => createSpoolingStore({ store, spool, log, counters, now }));
  const laneOf = (event: IncomingEvent) => lanes[store.lanes?.of(event) ?? 0] ?? lanes[0];
  publishLevels(meter, [...own.lanes, ...own.left], now);

  let adopting: Promise<void> | undefined;
  let isClosing = false;
  const adopt = () => (adopting ??= adoptAll().finally(() => (adopting = undefined)));
  const timer = setInterval(() => void adopt(), adoptInterval);
  void adopt();

  async function adoptAll(): Promise<void> {
    for (const spool of own.left) await drainLeft({ spool, lane: undefined });
    // While this process spools itself, the store takes nothing.
    if (lanes.every(({ state }) => state !== 'direct')) return;
    for (const left of await openAbandoned(options, own.lock)) {
      for (const each of left.spools) await drainLeft(each);
      // The folder stays: whoever removes it could take it from a process that is just opening it.
      await left.close();
    }
  }

  /** What lay in one of today's lanes goes on with it; of the rest, the oldest may be in any. */
  function isHeldUp(lane: string | undefined): boolean {
    const known = lanes[store.lanes?.names.indexOf(lane ?? '') ?? -1];
    return (known === undefined ? lanes : [known]).some(({ state }) => state !== 'direct');
  }

  async function drainLeft({ spool, lane }: LeftSpool): Promise<void> {
    let events = 0;
    try {
      while (spool.size > 0 && !isClosing && !isHeldUp(lane)) {
        const { drained, stopped } = await drain(spool, store, events === 0 ? 1 : BATCH);
        counters.drained(drained);
        events += drained;
        if (stopped !== undefined) break;
      }
    } catch (error) {
      log.warn('a spool that another process left cannot be read', { folder: spool.folder, error });
    }
    if (events > 0)
      log.info('a spool that another process left is drained', { folder: spool.folder, events });
  }

  return {
    get state() {
      return lanes.map(({ state }) => state).reduce(furtherFromDirect);
    },
    accept: async (event) => (laneOf(event) ?? store).accept(event),
    async check() {
      await Promise.all(own.lanes.map((spool) => spool.check()));
    },
    async close() {
      isClosing = true;
      clearInterval(timer);
      await Promise.all([...lanes.map((lane) => lane.close()), adopting]);
      await own.close();
    },
  };
}

function furtherFromDirect(one: SpoolingState, other: SpoolingState): SpoolingState {
  const order: readonly SpoolingState[] = ['direct', 'catching-up', 'spooling'];
  return order.indexOf(other) > order.indexOf(one) ? other : one;
}

function publishLevels(meter: Meter, spools: readonly Spool[], now: () => number): void {
  const sum = (of: (spool: Spool) => number) => spools.reduce((all, spool) => all + of(spool), 0);
  meter.gauge(METRICS.events, () => sum(({ size }) => size));
  meter.gauge(METRICS.bytes, () => sum(({ bytes }) => bytes));
  meter.gauge(METRICS.oldestAge, () =>
    Math.max(0, ...spools.map(({ oldest }) => (oldest === undefined ? 0 : (now() - oldest) / 1000))),
  );
}
