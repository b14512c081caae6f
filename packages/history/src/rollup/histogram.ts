/**
 * How often which times came: a bucket and its count, by turns, the lowest bucket first. Buckets grow with the times, so
 * that a percentile is at most a tenth off and any number of histograms is summed without losing more.
 */
export type Histogram = readonly number[];

export const EMPTY: Histogram = [];

/** Each bucket ends so much higher than the one before: its middle is at most 7 % off. */
const GROWTH = 1.15;
const LOG_GROWTH = Math.log(GROWTH);
const MIDDLE = 2 / (GROWTH + 1);

/** @param milliseconds below 1 is 0: clocks of two machines may say that something took less than nothing */
function bucketOf(milliseconds: number): number {
  return milliseconds < 1 ? 0 : 1 + Math.ceil(Math.log(milliseconds) / LOG_GROWTH - 1e-9);
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : GROWTH ** (bucket - 1) * MIDDLE;
}

/** @param counted times in milliseconds, and how often each came */
export function histogramOf(counted: Iterable<readonly [milliseconds: number, count: number]>): Histogram {
  const counts = new Map<number, number>();
  for (const [milliseconds, count] of counted) {
    const bucket = bucketOf(milliseconds);
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return [...counts].toSorted(([a], [b]) => a - b).flat();
}

export function addHistograms(a: Histogram, b: Histogram): Histogram {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const sum: number[] = [];
  for (let [atA, atB] = [0, 0]; atA < a.length || atB < b.length;) {
    const [bucketA = Infinity, bucketB = Infinity] = [a[atA], b[atB]];
    const bucket = Math.min(bucketA, bucketB);
    let count = 0;
    if (bucketA === bucket) {
      count += a[atA + 1] ?? 0;
      atA += 2;
    }
    if (bucketB === bucket) {
      count += b[atB + 1] ?? 0;
      atB += 2;
    }
    sum.push(bucket, count);
  }
  return sum;
}

export function countOf(histogram: Histogram): number {
  let count = 0;
  for (let at = 1; at < histogram.length; at += 2) count += histogram[at] ?? 0;
  return count;
}

/**
 * The time that this share of the times does not exceed.
 * @param share above 0, up to 1
 * @returns milliseconds; `undefined` of nothing
 */
export function percentileOf(histogram: Histogram, share: number): number | undefined {
  let left = Math.max(1, Math.ceil(countOf(histogram) * share));
  for (let at = 0; at < histogram.length; at += 2) {
    left -= histogram[at + 1] ?? 0;
    if (left <= 0) return middleOf(histogram[at] ?? 0);
  }
  return undefined;
}
