import type { Meter } from '@hookline/core';

type Read = () => number;

/**
 * A meter for parts that each declare the same gauges: one reads the worst of them, which is the furthest from 0. What
 * they count adds up.
 */
export function worstOf(meter: Meter): Meter {
  const reads = new Map<string, Read[]>();
  return {
    counter: (metric) => meter.counter(metric),
    histogram: (metric) => meter.histogram(metric),
    gauge(metric, read) {
      const known = reads.get(metric.name) ?? [];
      known.push(() => Number(read()));
      if (known.length > 1) return;
      reads.set(metric.name, known);
      meter.gauge(metric, () => known.map((each) => each()).reduce(further));
    },
  };
}

function further(one: number, other: number): number {
  return Math.abs(other) > Math.abs(one) ? other : one;
}
