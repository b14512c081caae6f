import type { ActivityRange, SourceSummary } from '@hookline/core';
import type { EventLog } from './event-log.ts';

export interface SourceView extends SourceSummary {
  /** Since when it has been silent for clearly longer than it usually is. */
  readonly silentSince: number | undefined;
  /** Since when each of its secrets is set; `undefined` where they are not at hand. */
  readonly secretsSince: readonly number[] | undefined;
}

/** Twice the longest usual gap, and never less: a few minutes of quiet are no news. */
const CLEARLY = 2;
const LEAST_MS = 15 * 60_000;

export function silentSince({ lastEventAt, usualGap }: SourceSummary, now: number): number | undefined {
  if (lastEventAt === undefined || usualGap === undefined) return undefined;
  return now - lastEventAt > Math.max(LEAST_MS, CLEARLY * usualGap) ? lastEventAt : undefined;
}

/** The sources, the busiest first. @returns `undefined` where there is no history */
export async function loadSources(
  log: EventLog,
  range: ActivityRange,
  now: number,
): Promise<readonly SourceView[] | undefined> {
  const found = await (await log.history())?.sources(range);
  if (found === undefined) return undefined;
  const views = found.map(async (source) => ({
    ...source,
    silentSince: silentSince(source, now),
    secretsSince: await log.secretsSince(source.source, now),
  }));
  return (await Promise.all(views)).toSorted(
    (a, b) => b.events - a.events || a.source.localeCompare(b.source, 'en'),
  );
}
