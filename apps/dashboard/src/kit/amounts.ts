/** How long something took or is ago, as people say it. @param ms milliseconds */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytesOf(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 2 ** (power * 10);
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`;
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A length of time as exactly as it is worth saying: `12 ms`, `3.4 s`, `7 min`. @param ms milliseconds */
export function spanText(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 1_000) return `${Math.round(whole)} ms`;
  return whole < 60_000 ? `${(whole / 1_000).toFixed(1)} s` : spanOf(whole);
}

/** How often something happened: `12 / s`, `3 / min`, `5 / h`. @param length milliseconds in which it did */
export function rateOf(count: number, length: number): string {
  if (count === 0) return '0';
  const rates = PERIODS.map(([unit, ms]) => ({ unit, rate: (count * ms) / length }));
  const { unit, rate } = rates.find((each) => each.rate >= 1) ?? {
    unit: 'h',
    rate: (count * 3_600_000) / length,
  };
  return `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} / ${unit}`;
}

const PERIODS = [
  ['s', 1_000],
  ['min', 60_000],
  ['h', 3_600_000],
] as const;

/** A number that a process tells of itself, by its name: with the unit that the name ends in. */
export function toldText(name: string, value: number | string): readonly [name: string, value: string] {
  if (typeof value === 'string') return [name.replaceAll('_', ' '), value];
  if (name.endsWith('_bytes')) return [name.slice(0, -6).replaceAll('_', ' '), bytesOf(value)];
  if (name.endsWith('_seconds')) return [name.slice(0, -8).replaceAll('_', ' '), spanText(value * 1_000)];
  return [name.replaceAll('_', ' '), (Math.round(value * 1_000) / 1_000).toLocaleString('en')];
}
