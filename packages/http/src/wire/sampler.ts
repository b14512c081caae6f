/**
 * Lets `most` things through in each window and counts the rest, so that a flood of refusals is not a flood of
 * log lines.
 * @param onMissed told how many were held back, when the next window begins
 * @returns whether this one may go through
 */
export function createSampler(
  most: number,
  windowMs: number,
  onMissed: (count: number) => void,
  now: () => number,
): () => boolean {
  let windowEnd = 0;
  let seen = 0;
  return () => {
    const time = now();
    // A clock that was set back is outside the window too, or it would keep us silent until it caught up.
    if (time >= windowEnd || time < windowEnd - windowMs) {
      if (seen > most) onMissed(seen - most);
      windowEnd = time + windowMs;
      seen = 0;
    }
    seen += 1;
    return seen <= most;
  };
}
