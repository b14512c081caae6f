import { NO_METER, type Logger, type Meter, type TransferStore } from '@hookline/core';
import { drain } from './drain.ts';
import { openAbandoned, openSpool } from './folders.ts';
import { createSpoolCounters } from './spool-counters.ts';
import type { Spool } from './spool.ts';
import { createSpoolingStore, type SpoolingStore } from './spooling-store.ts';
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
 * Puts a spool in front of a store, drains what an earlier process left in it, and looks every 15 s for spools that
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
  const spool = await openSpool(options);
  const spooling = createSpoolingStore({ store, spool, log, counters, now });
  publishLevels(meter, spool, now);

  let adopting: Promise<void> | undefined;
  let isClosing = false;
  const adopt = () => {
    // While this process spools itself, the store takes nothing.
    if (spooling.state === 'direct') adopting ??= adoptAll().finally(() => (adopting = undefined));
  };
  const timer = setInterval(adopt, adoptInterval);
  adopt();

  async function adoptAll(): Promise<void> {
    for (const left of await openAbandoned(options, spool)) {
      let events = 0;
      try {
        while (left.size > 0 && !isClosing) {
          const { drained, stopped } = await drain(left, store, events === 0 ? 1 : BATCH);
          counters.drained(drained);
          events += drained;
          if (stopped !== undefined) break;
        }
      } catch (error) {
        log.warn('a spool that another process left cannot be read', { folder: left.folder, error });
      } finally {
        // The folder stays: whoever removes it could take it from a process that is just opening it.
        await left.close();
      }
      if (events > 0)
        log.info('a spool that another process left is drained', { folder: left.folder, events });
    }
  }

  return {
    get state() {
      return spooling.state;
    },
    accept: (event) => spooling.accept(event),
    check: () => spool.check(),
    async close() {
      isClosing = true;
      clearInterval(timer);
      await Promise.all([spooling.close(), adopting]);
      await spool.close();
    },
  };
}

function publishLevels(meter: Meter, spool: Spool, now: () => number): void {
  meter.gauge(METRICS.events, () => spool.size);
  meter.gauge(METRICS.bytes, () => spool.bytes);
  meter.gauge(METRICS.oldestAge, () =>
    spool.oldest === undefined ? 0 : Math.max(0, (now() - spool.oldest) / 1000),
  );
}
