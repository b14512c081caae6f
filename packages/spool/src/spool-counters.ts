import type { Meter } from '@hookline/core';

/** What operators want to know of a spool, beside how full it is. */
export interface SpoolCounters {
  spooled(): void;
  drained(events: number): void;
  refused(): void;
  damaged(): void;
}

export function createSpoolCounters(meter: Meter): SpoolCounters {
  const spooled = meter.counter('hookline_spool_spooled_total', 'Events that went to the spool.');
  const drained = meter.counter(
    'hookline_spool_drained_total',
    'Events that went from the spool to the store.',
  );
  const refused = meter.counter(
    'hookline_spool_refused_total',
    'Events that the spool could not take: it was full, or the disk refused.',
  );
  const damaged = meter.counter(
    'hookline_spool_damaged_total',
    'Entries of the spool that could not be read and were put aside.',
  );
  return {
    spooled: () => spooled(),
    drained: (events) => drained({}, events),
    refused: () => refused(),
    damaged: () => damaged(),
  };
}
