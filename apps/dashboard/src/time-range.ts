import type { ActivityRange } from '@hookline/core';
import { z } from 'zod';
import { searchOf } from './events-query.ts';

/** From when until when something is asked for; the last 24 hours unless said. */
export const RANGE_QUERY = {
  from: z
    .string()
    .optional()
    .describe("Milliseconds since the epoch, a date or time, or '2h' for two hours ago"),
  to: z.string().optional().describe('Up to, but without; as `from`; now unless given'),
};

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export type ReadRange =
  | { readonly kind: 'range'; readonly range: ActivityRange }
  | { readonly kind: 'problem'; readonly problem: string };

export function rangeOf(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: number,
): ReadRange {
  const read = searchOf({ from: asked.from, to: asked.to }, now);
  if (read.kind === 'problem') return read;
  const { until = now, from = until - DAY } = read.query;
  if (from >= until) return { kind: 'problem', problem: 'from has to be earlier than to' };
  return { kind: 'range', range: { from, until } };
}

/** What the history sums up beforehand: other steps are read minute by minute. */
const STEPS = [60_000, 300_000, 1_800_000, 21_600_000] as const;
const MOST_POINTS = 400;

/** A step that gives a chart enough points and no more. */
export function stepFor({ from, until }: ActivityRange): number {
  return STEPS.find((step) => (until - from) / step <= MOST_POINTS) ?? 21_600_000;
}

/** The spans that pages offer. */
export const SPANS = [
  ['1h', 'Hour', HOUR],
  ['24h', 'Day', DAY],
  ['7d', 'Week', 7 * DAY],
  ['30d', 'Month', 30 * DAY],
] as const;

/** @param asked as an address has it */
export function spanOfQuery(
  query: URLSearchParams,
  now: number,
): { readonly name: string; readonly range: ActivityRange } {
  const [name, , length] = SPANS.find(([each]) => each === query.get('span')) ?? SPANS[1];
  return { name, range: { from: now - length, until: now } };
}
