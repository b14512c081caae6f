import type { Meter } from '@hookline/core';
import { METRICS } from './metrics.ts';

/** What operators want to know of a spool, beside how full it is. */
export interface SpoolCounters {
  spooled(): void;
  drained(events: number): void;
  refused(): void;
  damaged(): void;
}

export function createSpoolCounters(meter: Meter): SpoolCounters {
  const spooled = meter.counter(METRICS.spooled);
  const drained = meter.counter(METRICS.drained);
  const refused = meter.counter(METRICS.refused);
  const damaged = meter.counter(METRICS.damaged);
  return {
    spooled: () => spooled(),
    drained: (events) => drained({}, events),
    refused: () => refused(),
    damaged: () => damaged(),
  };
}
