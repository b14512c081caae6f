/** A length of time: milliseconds, or a number with a unit (`'500ms'`, `'30s'`, `'5m'`, `'1h'`, `'7d'`). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const WRITTEN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Milliseconds in a duration.
 * @throws RangeError for anything that is not a finite, non-negative length of time. A mistyped
 * duration that silently became 0 would turn a back-off into a hot loop.
 */
export function milliseconds(duration: Duration | string): number {
  const length = typeof duration === 'number' ? duration : parse(duration);
  if (Number.isFinite(length) && length >= 0) return Math.round(length);
  throw new RangeError(
    `${shown(duration)} is not a duration: use milliseconds, or a number with ms, s, m, h or d, like '30s'`,
  );
}

/**
 * Milliseconds in a duration that an option has.
 * @throws RangeError that names the option
 */
export function millisecondsOf(option: string, duration: Duration): number {
  try {
    return milliseconds(duration);
  } catch (error) {
    throw new RangeError(`${option}: ${(error as RangeError).message}`, { cause: error });
  }
}

/** Takes anything: durations also come from modules that no compiler has seen. */
function parse(duration: unknown): number {
  const match = typeof duration === 'string' ? WRITTEN.exec(duration.trim()) : null;
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
}

function shown(duration: unknown): string {
  if (typeof duration === 'string') return JSON.stringify(duration.slice(0, 40));
  return typeof duration === 'number' ? String(duration) : `a value of type ${typeof duration}`;
}
