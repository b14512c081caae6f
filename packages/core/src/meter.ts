export type Labels = Readonly<Record<string, string | number>>;

/** One reading of a gauge. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

/**
 * Where a part of the system counts what it does, for `/metrics`. Parts declare their numbers once and then only
 * report; who collects and publishes them is the process's business.
 * Names are Prometheus's: `hookline_<what>_<unit>`, counters end in `_total`, times are in seconds.
 */
export interface Meter {
  /** A number that only grows. @returns the way to add to it, 1 unless said otherwise */
  counter(name: string, help: string, labels?: readonly string[]): (labels?: Labels, by?: number) => void;
  /** A spread of values. @returns the way to report one */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): (value: number, labels?: Labels) => void;
  /** A number that goes up and down, read when somebody asks. */
  gauge(
    name: string,
    help: string,
    read: () => number | readonly Reading[] | Promise<number | readonly Reading[]>,
    labels?: readonly string[],
  ): void;
}

/** For those who want no numbers, like tests. */
export const NO_METER: Meter = {
  counter: () => () => undefined,
  histogram: () => () => undefined,
  gauge: () => undefined,
};
