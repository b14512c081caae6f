import type { AnswerLine } from '../checkers/ledger.ts';

/** What one power cut has cost. */
export interface Loss {
  readonly acknowledged: number;
  /** Acknowledged, and not there afterwards. */
  readonly lost: number;
  /** Milliseconds from the oldest lost acknowledgement to the cut; 0 when nothing is lost. */
  readonly windowMs: number;
}

/**
 * @param isThere whether the event of a provider's id outlived the cut
 * @param cutAt when nothing could be written any more, in milliseconds since the epoch
 */
export function lossOf(
  answers: readonly AnswerLine[],
  isThere: (id: string) => boolean,
  cutAt: number,
): Loss {
  const acknowledgedAt = new Map<string, number>();
  for (const { id, status, at, ms } of answers) {
    if (status !== 200) continue;
    acknowledgedAt.set(id, Math.min(acknowledgedAt.get(id) ?? Infinity, at + ms));
  }
  const lost = [...acknowledgedAt].filter(([id]) => !isThere(id)).map(([, at]) => at);
  // An answer that was on its way when the power went is read a moment later.
  const windowMs = lost.length === 0 ? 0 : Math.max(0, cutAt - Math.min(...lost));
  return { acknowledged: acknowledgedAt.size, lost: lost.length, windowMs };
}

/** Over several cuts: everything acknowledged, the most lost at once, the longest window. */
export function worstOf(losses: readonly Loss[]): Loss {
  return {
    acknowledged: losses.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    lost: Math.max(0, ...losses.map(({ lost }) => lost)),
    windowMs: Math.max(0, ...losses.map(({ windowMs }) => windowMs)),
  };
}
