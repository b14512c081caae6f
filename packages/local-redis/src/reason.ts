// By shape, not `instanceof`: jest's tests have an Error of their own, which Node's errors are no instances of.

/** The code of a system error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return hasString(error, 'code') ? error.code : undefined;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return hasString(error, 'message') ? error.message : String(error);
}

function hasString<K extends string>(value: unknown, key: K): value is Record<K, string> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, key) === 'string';
}
