import type { Meter, Metric, Reading } from '@hookline/core';

type Read = Parameters<Meter['gauge']>[1];

/**
 * A meter for parts of a process that each declare the same gauges: what they read is one number, the sum of theirs.
 * @param least the gauges of which the least counts, by name: where one part has seen something, the process has
 */
export function jointMeter(meter: Meter, least: ReadonlySet<string>): Meter {
  const reads = new Map<string, Read[]>();
  return {
    counter: (metric) => meter.counter(metric),
    histogram: (metric) => meter.histogram(metric),
    gauge(metric, read) {
      const known = reads.get(metric.name);
      if (known !== undefined) return void known.push(read);
      const all = [read];
      reads.set(metric.name, all);
      meter.gauge(metric, async () => joined(await Promise.all(all.map((each) => each())), metric, least));
    },
  };
}

function joined(
  readings: readonly (number | readonly Reading[])[],
  { name }: Metric,
  least: ReadonlySet<string>,
): readonly Reading[] {
  const byLabels = new Map<string, Reading>();
  const flat = readings.flatMap((each) => (typeof each === 'number' ? [{ value: each }] : each));
  for (const reading of flat) {
    const key = JSON.stringify(reading.labels);
    const before = byLabels.get(key)?.value;
    const value =
      before === undefined
        ? reading.value
        : least.has(name)
          ? Math.min(before, reading.value)
          : before + reading.value;
    byLabels.set(key, { ...reading, value });
  }
  return [...byLabels.values()];
}
