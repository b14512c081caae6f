import { LATE, within } from '@hookline/core';
import type { Recording } from '@hookline/redis';

/** Sooner than a metric that is too slow is left out. */
const PATIENCE_MS = 150;

/**
 * Milliseconds that the history is behind the partition that it is furthest behind, of those that answer.
 * @throws Error when none does
 */
export async function worstLag(recordings: readonly Pick<Recording, 'changes'>[]): Promise<number> {
  const answers = await Promise.allSettled(
    recordings.map(({ changes }) => within(PATIENCE_MS, changes.lag())),
  );
  const lags = answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value !== LATE ? [answer.value] : [],
  );
  if (lags.length === 0) throw new Error('no partition says how far the history is behind');
  return Math.max(...lags);
}
