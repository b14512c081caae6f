export const MINUTE = 60_000;

/** Lengths of the blocks that sums are kept of; each is made of the one before. */
export const STEPS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 360 * MINUTE] as const;

/** When the block began that holds a time. */
export function blockStart(step: number, time: number): number {
  return Math.floor(time / step) * step;
}

/** The longest blocks that points of this step are made of. */
export function longestStepIn(step: number): number {
  return STEPS.findLast((each) => step % each === 0) ?? MINUTE;
}

/** Blocks of one length, beside each other. */
export interface Stretch {
  readonly step: number;
  readonly from: number;
  readonly until: number;
}

/** The fewest blocks that make up a time, in order: the longest in the middle, minutes at the ends. */
export function stretchesOf(from: number, until: number, level = STEPS.length - 1): readonly Stretch[] {
  const step = STEPS[level] ?? MINUTE;
  const [first, last] =
    level === 0
      ? [blockStart(MINUTE, from), -blockStart(MINUTE, -until)]
      : [-blockStart(step, -from), blockStart(step, until)];
  if (level === 0) return first < last ? [{ step, from: first, until: last }] : [];
  if (first >= last) return stretchesOf(from, until, level - 1);
  return [
    ...(from < first ? stretchesOf(from, first, level - 1) : []),
    { step, from: first, until: last },
    ...(last < until ? stretchesOf(last, until, level - 1) : []),
  ];
}
