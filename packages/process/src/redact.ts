import { serializeError } from '@hookline/core';
import { types } from 'node:util';

/** Keys whose values are never written, however deep in a log line's fields. */
const SECRET_KEY = /authorization|cookie|secret|password|signature|token|api[-_]?key/i;
/** More keys than a process writes of its own; those that others make up are looked at each time. */
const MOST_KEYS = 1_000;
const harmless = new Set<string>();

/** Whether a key's value may be written. Each is looked at once: the pattern costs more than writing a value. */
export function isHarmless(key: string): boolean {
  if (harmless.has(key)) return true;
  if (SECRET_KEY.test(key)) return false;
  if (harmless.size < MOST_KEYS) harmless.add(key);
  return true;
}

const HIDDEN = '[hidden]';
const DEEPEST = 10;

/**
 * A log line's field as plain data: what looks like a secret by its key is hidden at every depth, an error keeps
 * what explains it, bytes are only counted. Handlers log what they like, so it takes anything and never throws.
 */
export function redact(value: unknown, above: readonly unknown[] = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= DEEPEST) return '[deeper]';
  const within = [...above, value];
  try {
    if (types.isNativeError(value)) return redactError(value, within);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value) || value instanceof Set)
      return Array.from(value, (item) => redact(item, within));
    if (value instanceof Map) return redact(Object.fromEntries(value), within);
    if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), within);
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [key, isHarmless(key) ? redact(field, within) : HIDDEN]),
    );
  } catch {
    return '[unreadable]';
  }
}

/** Not an error's other fields: HTTP clients put whole requests there, with their headers. */
function redactError(error: Error, within: readonly unknown[]): unknown {
  const code = 'code' in error ? { code: redact(error.code, within) } : {};
  const cause = error.cause === undefined ? {} : { cause: redact(error.cause, within) };
  return { ...serializeError(error), ...code, ...cause };
}
