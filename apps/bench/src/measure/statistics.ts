/** What several rounds came to: the middle one, and how far the others are from it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** In the order of the rounds. */
  readonly values: readonly number[];
}

/** The middle value, or the mean of the two in the middle. @throws RangeError when there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing has no median');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** @throws RangeError when there is no value */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), values };
}

/**
 * The smallest of the sorted values that so much of them do not exceed (nearest rank).
 * @param sorted ascending
 * @param share 0.99 for the 99th percentile
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/**
 * How many times the other it is: the middle of the rounds' own ratios, since what disturbed a round disturbed both.
 * @throws RangeError when they have no round in common
 */
export function pairedRatio(own: Spread, other: Spread): number {
  const rounds = Math.min(own.values.length, other.values.length);
  return median(Array.from({ length: rounds }, (_, at) => (own.values[at] ?? 0) / (other.values[at] ?? 0)));
}

/**
 * Who is measured when: every round has everybody once, and begins with another one, so that neither a slow minute
 * of the machine nor a place in the order is anybody's alone.
 */
export function interleaved<T>(contenders: readonly T[], rounds: number): (readonly T[])[] {
  return Array.from({ length: rounds }, (_, round) => {
    const first = contenders.length === 0 ? 0 : round % contenders.length;
    return [...contenders.slice(first), ...contenders.slice(0, first)];
  });
}
