export type Labels = Readonly<Record<string, string | number>>;

/** One reading of a gauge. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

/** A number that somebody may ask for. Names are Prometheus's: counters end in `_total`, times are in seconds. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** The upper bounds of a histogram's buckets. */
export interface HistogramMetric extends Metric {
  readonly buckets: readonly number[];
}

/** A metric with what docs/monitoring.md says of it, in Markdown. */
export type MetricRow = {
  /** Who has it. */
  readonly service: 'receiver' | 'worker' | 'dashboard' | 'all';
  readonly says: string;
  /** When to call somebody. */
  readonly alarm: string;
} & ((Metric & { readonly kind: 'counter' | 'gauge' }) | (HistogramMetric & { readonly kind: 'histogram' }));

/**
 * Where a part of the system counts what it does, for `/metrics`. Parts declare their numbers once and then only
 * report; who collects and publishes them is the process's business.
 */
export interface Meter {
  /** A number that only grows. @returns the way to add to it, 1 unless said otherwise */
  counter(metric: Metric): (labels?: Labels, by?: number) => void;
  /** A spread of values. @returns the way to report one */
  histogram(metric: HistogramMetric): (value: number, labels?: Labels) => void;
  /** A number that goes up and down, read when somebody asks. */
  gauge(metric: Metric, read: () => number | readonly Reading[] | Promise<number | readonly Reading[]>): void;
}

/** For those who want no numbers, like tests. */
export const NO_METER: Meter = {
  counter: () => () => undefined,
  histogram: () => () => undefined,
  gauge: () => undefined,
};
