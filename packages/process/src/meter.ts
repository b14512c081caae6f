import type { HistogramMetric, Labels, Meter, Metric, Reading } from '@hookline/core';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './metrics.ts';

export interface ProcessMeter {
  readonly meter: Meter;
  /** What `/metrics` answers, in Prometheus's text format. Never rejects, and waits at most `READ_MS` for gauges. */
  text(): Promise<string>;
  /** What these gauges read now, of those that are declared without labels and can be read. */
  values(names: readonly string[]): Promise<Readonly<Record<string, number>>>;
}

/** A gauge that takes longer is left out: whoever scrapes gives up after seconds, and then has nothing at all. */
const READ_MS = 250;
/** Distinct label sets of one metric. Prometheus keeps a series for each, and what strangers send must not make them. */
const MOST_LABEL_SETS = 1_000;
/** Every label's value once a metric has all the label sets it may have. */
const OTHER = 'other';

type Read = Parameters<Meter['gauge']>[1];
type Instrument =
  | { readonly kind: 'counter'; readonly shape: string; readonly report: ReturnType<Meter['counter']> }
  | { readonly kind: 'histogram'; readonly shape: string; readonly report: ReturnType<Meter['histogram']> }
  | { readonly kind: 'gauge'; readonly shape: string; readonly sample: ReturnType<typeof createSample> };

/**
 * The numbers of one process, with Node's own beside them; every line names the service.
 * Reporting never throws: what cannot be counted is itself counted, in `hookline_metric_failures_total`.
 * Declaring a name again with the same shape gives the same instrument, a gauge then reads the new way.
 * @throws Error when a name is declared again in another shape
 */
export function createMeter(service: string): ProcessMeter {
  const meter = new PrometheusMeter(service);
  return { meter, text: () => meter.text(), values: (names) => meter.values(names) };
}

class PrometheusMeter implements Meter {
  readonly #registry = new Registry();
  readonly #declared = new Map<string, Instrument>();
  readonly #failures: Counter;

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.#registry });
    this.#failures = new Counter({ ...this.#optionsOf(METRICS.failures) });
  }

  counter(metric: Metric): ReturnType<Meter['counter']> {
    const { name, labels = [] } = metric;
    const shape = shapeOf(labels);
    const before = this.#known('counter', name, shape);
    if (before !== undefined) return before.report;
    const counter = new Counter(this.#optionsOf(metric));
    const bounded = boundLabels(labels);
    const report: ReturnType<Meter['counter']> = (of = {}, by = 1) =>
      this.#attempt(name, () => counter.inc(bounded(of), by));
    this.#declared.set(name, { kind: 'counter', shape, report });
    return report;
  }

  histogram(metric: HistogramMetric): ReturnType<Meter['histogram']> {
    const { name, buckets, labels = [] } = metric;
    const shape = `${shapeOf(labels)} ${buckets.join()}`;
    const before = this.#known('histogram', name, shape);
    if (before !== undefined) return before.report;
    const histogram = new Histogram({ ...this.#optionsOf(metric), buckets: [...buckets] });
    const bounded = boundLabels(labels);
    const report: ReturnType<Meter['histogram']> = (value, of = {}) =>
      this.#attempt(name, () => histogram.observe(bounded(of), value));
    this.#declared.set(name, { kind: 'histogram', shape, report });
    return report;
  }

  gauge(metric: Metric, read: Read): void {
    const { name, labels = [] } = metric;
    const shape = shapeOf(labels);
    const before = this.#known('gauge', name, shape);
    if (before !== undefined) return before.sample.readFrom(read);
    const sample = createSample(new Gauge(this.#optionsOf(metric)), labels, read);
    this.#declared.set(name, { kind: 'gauge', shape, sample });
  }

  async text(): Promise<string> {
    const gauges = [...this.#declared].flatMap(([name, { kind }]) => (kind === 'gauge' ? [name] : []));
    const read = new Set(await this.#sampleAll(gauges));
    const leftOut = new Set(gauges.filter((name) => !read.has(name)));
    const shown = this.#registry.getMetricsAsArray().filter(({ name }) => !leftOut.has(name));
    const texts = await Promise.all(shown.map(({ name }) => this.#registry.getSingleMetricAsString(name)));
    return `${texts.join('\n\n')}\n`;
  }

  async values(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const found: Record<string, number> = {};
    for (const name of await this.#sampleAll(names)) {
      const instrument = this.#declared.get(name);
      const value = instrument?.kind === 'gauge' ? instrument.sample.value() : undefined;
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  #optionsOf({ name, help, labels = [] }: Metric) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }

  #known<Kind extends Instrument['kind']>(
    kind: Kind,
    name: string,
    shape: string,
  ): Extract<Instrument, { kind: Kind }> | undefined {
    const before = this.#declared.get(name);
    if (before === undefined) return undefined;
    if (before.kind !== kind || before.shape !== shape)
      throw new Error(`the metric ${name} is declared twice, in different shapes`);
    return before as Extract<Instrument, { kind: Kind }>;
  }

  /** Runs a report; a number must never cost the work that it counts. */
  #attempt(name: string, report: () => void): void {
    try {
      report();
    } catch {
      this.#failures.inc({ metric: name });
    }
  }

  /** Reads gauges at once. @returns the names of those that could be read */
  async #sampleAll(names: readonly string[]): Promise<readonly string[]> {
    const sampled = await Promise.all(
      names.map(async (name) => {
        const instrument = this.#declared.get(name);
        if (instrument?.kind !== 'gauge') return [];
        if (await instrument.sample.take()) return [name];
        this.#failures.inc({ metric: name });
        return [];
      }),
    );
    return sampled.flat();
  }
}

function shapeOf(labels: readonly string[]): string {
  return labels.toSorted().join();
}

/** Lets so many label sets be themselves; those that come later are one. */
function boundLabels(names: readonly string[]): (labels: Labels) => Record<string, string | number> {
  if (names.length === 0) return () => ({});
  const seen = new Set<string>();
  const rest = Object.fromEntries(names.map((name) => [name, OTHER]));
  return (labels) => {
    let key = '';
    for (const name of names) key += `${JSON.stringify(labels[name])},`;
    if (!seen.has(key) && seen.size >= MOST_LABEL_SETS) return { ...rest };
    seen.add(key);
    return { ...labels };
  };
}

/** The latest reading of a gauge. */
function createSample(gauge: Gauge, labels: readonly string[], source: Read) {
  let read = source;
  let last: number | readonly Reading[] | undefined;
  let reading: Promise<boolean> | undefined;

  async function fill(): Promise<boolean> {
    try {
      const result = await read();
      const bounded = boundLabels(labels);
      const readings = typeof result === 'number' ? [{ value: result }] : result;
      gauge.reset();
      // Without labels a reset means 0, which nobody has read.
      if (labels.length === 0) gauge.remove();
      // Those beyond the bound share one label set, so they add up.
      for (const { value, labels: of = {} } of readings) gauge.inc(bounded(of), value);
      last = result;
      return true;
    } catch {
      return false;
    }
  }

  return {
    readFrom(other: Read): void {
      read = other;
    },
    /** @returns whether it could be read in time; one that still hangs from before is not begun again */
    async take(): Promise<boolean> {
      reading ??= fill().finally(() => (reading = undefined));
      let late: NodeJS.Timeout | undefined;
      const tooLate = new Promise<false>((resolve) => {
        late = setTimeout(() => resolve(false), READ_MS);
      });
      try {
        return await Promise.race([reading, tooLate]);
      } finally {
        clearTimeout(late);
      }
    },
    value: () => (typeof last === 'number' ? last : undefined),
  };
}
