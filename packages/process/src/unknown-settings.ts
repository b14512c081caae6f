import type { Environment } from './environment.ts';
import { REDIS_KEYS } from './common-config.ts';
import { REDIS_ACCESS_KEYS } from './redis-access.ts';
import { SETTINGS } from './settings-table.ts';
import { SOURCE_PREFIXES } from './sources.ts';

const KNOWN: readonly string[] = [...REDIS_KEYS, ...REDIS_ACCESS_KEYS, ...SETTINGS.map(({ key }) => key)];
/** What begins with one of these is meant for us; with `LOG_` or `APP_` it may be anybody's. */
const OURS = /^(?:WEBHOOK|REDIS|HOOKLINE|DASHBOARD|RECEIVER|SPOOL)_/;
/** Kubernetes tells a container of the services beside it, and the tests' own of their Redis. */
const OTHERS = /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP)(?:_\w+)?$|^HOOKLINE_TEST_/;
/** Two slips make `PASSWROD` of `PASSWORD`; three may make another word. */
const SLIPS = 2;
/** A shorter name is near to too many. */
const SHORTEST = 6;

/**
 * Variables that look like settings and are none, each with the nearest that there is: nobody would find out else why
 * they do nothing. No line holds a value.
 * @param more names of settings that the calling program knows beside the common ones
 */
export function unknownSettings(env: Environment, more: readonly string[] = []): readonly string[] {
  const known = [...KNOWN, ...more];
  return Object.keys(env).flatMap((key) => {
    if (!env[key] || known.includes(key) || isOfSource(key) || OTHERS.test(key)) return [];
    const { name, slips } = nearest(key, [...known, ...sourceSettingsLike(key)]);
    const isSlip = slips <= SLIPS && key.length >= SHORTEST;
    if (!OURS.test(key) && !isSlip) return [];
    return [`${key}: is no setting, and does nothing; did you mean ${name}?`];
  });
}

function isOfSource(key: string): boolean {
  return SOURCE_PREFIXES.some((prefix) => key.startsWith(prefix) && key.length > prefix.length);
}

/** The settings of the source that a misspelt one may be for: `WEBHOOK_SERCET_STRIPE` for `stripe`. */
function sourceSettingsLike(key: string): readonly string[] {
  return SOURCE_PREFIXES.map((prefix) => {
    const words = prefix.split('_').length - 1;
    const source = key.split('_').slice(words).join('_');
    return `${prefix}${source || '<SOURCE>'}`;
  });
}

function nearest(key: string, names: readonly string[]): { readonly name: string; readonly slips: number } {
  const [first = { name: '', slips: Number.POSITIVE_INFINITY }] = names
    .map((name) => ({ name, slips: slipsBetween(key, name.replace(/_<SOURCE>$/, '')) }))
    .toSorted((one, other) => one.slips - other.slips);
  return first;
}

/** A word that is cut short, as in `REDIS_USER`, is one slip, however much of it is missing. */
function slipsBetween(key: string, name: string): number {
  const isCutShort = /[A-Z]{3}$/.test(key) && name.startsWith(key) && /[A-Z]/.test(name.charAt(key.length));
  return isCutShort ? 1 : distance(key, name);
}

/** How many letters have to be put in, left out, replaced or swapped with their neighbour. */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    rows.push(next);
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
}
