import { valueAt, type View } from './place.ts';
import type { SignedContentScheme, TimestampSource, TimeUnit } from './scheme.ts';
import type { SignatureItem } from './signature-items.ts';

/** All of them: a value with two timestamps does not say which one was signed. */
export function timestampsOf(
  source: TimestampSource,
  view: View,
  items: readonly SignatureItem[],
): readonly string[] {
  const { at } = source;
  if ('label' in at) return items.filter(({ label }) => label === at.label).map(({ value }) => value);
  if ('item' in at) return items.slice(at.item, at.item + 1).map(({ value }) => value);
  const value = valueAt(view, at);
  return value === undefined ? [] : [value];
}

/** The items that are signatures: a bare item that is the timestamp is none. */
export function withoutTimestamp(
  items: readonly SignatureItem[],
  { timestamp }: SignedContentScheme,
): readonly SignatureItem[] {
  const at = timestamp?.at;
  return at !== undefined && 'item' in at ? items.filter((_, index) => index !== at.item) : items;
}

const DIGITS = /^\d+$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;

/** @returns milliseconds since the epoch; `undefined` for what none of the units can be */
export function parseTimestamp(source: TimestampSource, text: string): number | undefined {
  for (const unit of unitsOf(source)) {
    if (unit === 'iso' && ISO.test(text)) {
      const time = Date.parse(text);
      if (Number.isFinite(time)) return time;
    }
    // Beyond what a number holds it is Infinity, which no tolerance reaches.
    if (unit !== 'iso' && DIGITS.test(text)) return Number(text) * (unit === 's' ? 1_000 : 1);
  }
  return undefined;
}

/** Whole seconds are compared with whole seconds. */
export function isStale(source: TimestampSource, text: string, time: number, now: number): boolean {
  const { toleranceSeconds } = source;
  if (toleranceSeconds === undefined) return false;
  const inSeconds = unitsOf(source).includes('s') && DIGITS.test(text);
  const clock = inSeconds ? Math.floor(now / 1_000) * 1_000 : now;
  return !(Math.abs(clock - time) <= toleranceSeconds * 1_000);
}

export function formatTimestamp(source: TimestampSource, now: number): string {
  const [unit] = unitsOf(source);
  switch (unit) {
    case 's':
      return String(Math.floor(now / 1_000));
    case 'ms':
      return String(Math.floor(now));
    default:
      return new Date(now).toISOString();
  }
}

function unitsOf({ unit }: TimestampSource): readonly TimeUnit[] {
  return typeof unit === 'string' ? [unit] : unit;
}
