/** A time from its first millisecond up to but without its last; whole minutes count. */
export interface ActivityRange {
  readonly from: number;
  readonly until: number;
}

export interface SeriesQuery extends ActivityRange {
  /** Milliseconds between two points: whole minutes. */
  readonly step: number;
  /** Only what came in on it, and attempts of its events. */
  readonly source?: string;
  /** Only its attempts; what came in is told all the same. */
  readonly handler?: string;
}

/** What happened in one step, with times in milliseconds that are at most a tenth off. */
export interface SeriesPoint {
  /** When the step begins: a multiple of it. */
  readonly at: number;
  readonly accepted: number;
  /** Attempts that succeeded. */
  readonly handled: number;
  /** Attempts that are tried again, or dead. */
  readonly failed: number;
  /** Attempts that were the last. */
  readonly dead: number;
  /** With those that a flood left out. */
  readonly refused: number;
  /** From receiving an event to having it recorded. */
  readonly ackP50?: number;
  readonly ackP99?: number;
  /** From having an event recorded to starting its first attempt. */
  readonly waitP50?: number;
  readonly waitP99?: number;
  /** Of attempts, however they ended. */
  readonly runP50?: number;
  readonly runP99?: number;
}

export interface SourceSummary {
  readonly source: string;
  /** `undefined` when none of its requests was ever known to be a provider's. */
  readonly provider: string | undefined;
  readonly events: number;
  /** By reason, with those that a flood left out. */
  readonly refused: Readonly<Record<string, number>>;
  /** Ever. */
  readonly lastEventAt: number | undefined;
  readonly lastRefusalAt?: number;
  /**
   * Milliseconds between two minutes with events that 99 of 100 gaps do not exceed, in the 14 days up to its last event: when
   * nothing came for clearly longer, the source is silent. `undefined` while there are too few gaps to tell.
   */
  readonly usualGap?: number;
}

export interface HandlerSummary {
  readonly handler: string;
  readonly succeeded: number;
  /** Tried again, or dead. */
  readonly failed: number;
  readonly dead: number;
  readonly runP50?: number;
  readonly runP99?: number;
  readonly waitP50?: number;
  readonly waitP99?: number;
  /** When its last attempt ended, as long as that is kept. */
  readonly lastAt: number;
}

/** What came of bringing the sums behind series up to date. */
export interface Summarized {
  readonly minutes: number;
  /** Whether there is more to do right now. */
  readonly more: boolean;
}
