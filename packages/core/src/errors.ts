import { milliseconds, type Duration } from './duration.ts';

/**
 * Thrown by a handler or job to say that trying again cannot help: the attempt becomes a dead letter
 * at once, whatever attempts are left.
 */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError';
}

/**
 * Thrown by a handler or job to choose when the next attempt starts, usually from another system's
 * `Retry-After`. It counts as an attempt; it replaces the back-off of this one failure only.
 */
export class RetryAfterError extends Error {
  override readonly name = 'RetryAfterError';
  /** Milliseconds to wait before the next attempt. */
  readonly retryAfter: number;

  /**
   * @param message what went wrong
   * @param retryAfter how long to wait
   * @throws RangeError when `retryAfter` is not a duration
   */
  constructor(message: string, retryAfter: Duration, options?: ErrorOptions) {
    super(message, options);
    this.retryAfter = milliseconds(retryAfter);
  }
}

/** What is kept of an error: enough to understand it later, bounded so that a dead letter stays small. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

const NAME_LIMIT = 200;
const MESSAGE_LIMIT = 2_000;
const STACK_LIMIT = 8_000;

/** Turns whatever user code threw (not always an `Error`, nor a well-made one) into data. Never throws itself. */
export function serializeError(thrown: unknown): SerializedError {
  const [name, message, stack] = ['name', 'message', 'stack'].map((field) => fieldOf(thrown, field));
  const isLikeOne = typeof name === 'string' && typeof message === 'string';
  if (!isInstance(thrown, Error) && !isLikeOne) {
    return { name: 'NonError', message: `a value that is not an Error was thrown: ${describe(thrown)}` };
  }
  return {
    name: (typeof name === 'string' ? name : 'Error').slice(0, NAME_LIMIT),
    message: typeof message === 'string' ? explain(thrown) : describe(message),
    ...(typeof stack === 'string' ? { stack: stack.slice(0, STACK_LIMIT) } : {}),
  };
}

/** Of causes within causes, and of errors beside each other. */
const [DEEPEST_CAUSE, MOST_ERRORS] = [5, 4];

/**
 * An error in words, with what caused it: `fetch failed: connect ECONNREFUSED 127.0.0.1:1`. An `AggregateError`, which
 * Node makes of a refused connection with nothing in it, is the errors that it holds. Bounded; passwords in addresses
 * and keys after `Bearer` are left out. Takes anything, and never throws itself.
 * @param most characters
 */
export function explain(thrown: unknown, most = MESSAGE_LIMIT): string {
  if (!readsAsError(thrown))
    return withoutSecrets((typeof thrown === 'string' ? thrown : describe(thrown)).slice(0, most));
  const name = fieldOf(thrown, 'name');
  const text = words(thrown, []) || (typeof name === 'string' && name) || 'Error';
  return withoutSecrets(text.slice(0, most));
}

/** @param above the errors that this one is within: some hold themselves */
function words(thrown: unknown, above: readonly unknown[]): string {
  if (typeof thrown === 'string') return thrown.slice(0, MESSAGE_LIMIT);
  if (!readsAsError(thrown) || above.length > DEEPEST_CAUSE || above.includes(thrown)) return '';
  const within = [...above, thrown];
  const [message, code, errors, cause] = ['message', 'code', 'errors', 'cause'].map((field) =>
    fieldOf(thrown, field),
  );
  const list = isList(errors) ? errors.slice(0, MOST_ERRORS) : [];
  const own = [message, list.length === 0 ? code : undefined].find(
    (each) => typeof each === 'string' && each !== '',
  );
  const beside = list.map((each) => words(each, within)).filter(Boolean);
  const parts = [typeof own === 'string' ? own : '', beside.join('; '), words(cause, within)].filter(Boolean);
  // Many errors repeat their cause in their own words.
  return parts.filter((part, at) => !parts.slice(0, at).some((before) => before.includes(part))).join(': ');
}

function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function readsAsError(thrown: unknown): boolean {
  return isInstance(thrown, Error) || typeof fieldOf(thrown, 'message') === 'string';
}

function withoutSecrets(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,500}@/gi, '$1[hidden]@')
    .replaceAll(/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [hidden]');
}

/** One field of whatever was thrown; `undefined` where reading it throws, as a getter or a proxy may. */
export function fieldOf(thrown: unknown, field: string): unknown {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) return undefined;
  try {
    return (thrown as Readonly<Record<string, unknown>>)[field];
  } catch {
    return undefined;
  }
}

/** `instanceof` for whatever was thrown: a proxy may refuse to say what it is. */
export function isInstance(thrown: unknown, type: new (...args: never[]) => Error): boolean {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

function describe(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, MESSAGE_LIMIT);
  } catch {
    return `(${typeof value} that cannot be shown)`;
  }
}
