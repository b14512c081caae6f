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
  const readsAsError = typeof name === 'string' && typeof message === 'string';
  if (!isInstance(thrown, Error) && !readsAsError) {
    return { name: 'NonError', message: `a value that is not an Error was thrown: ${describe(thrown)}` };
  }
  return {
    name: (typeof name === 'string' ? name : 'Error').slice(0, NAME_LIMIT),
    message: typeof message === 'string' ? message.slice(0, MESSAGE_LIMIT) : describe(message),
    ...(typeof stack === 'string' ? { stack: stack.slice(0, STACK_LIMIT) } : {}),
  };
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
