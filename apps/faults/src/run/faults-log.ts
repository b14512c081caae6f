/** One injected fault. Times in milliseconds since the epoch. */
export interface Fault {
  readonly kind: string;
  /** `worker 1`, `redis`, `network`, … */
  readonly target: string;
  /** The processes that it hit. */
  readonly pids: readonly number[];
  readonly at: number;
  /** When it was over; for a death, the same as `at`. */
  readonly until: number;
}
