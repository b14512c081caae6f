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

const MESSAGE_LIMIT = 2_000;
const STACK_LIMIT = 8_000;

/** Turns whatever user code threw (not always an `Error`) into data. */
export function serializeError(thrown: unknown): SerializedError {
  if (thrown instanceof Error) {
    return {
      name: thrown.name.slice(0, 200),
      message: thrown.message.slice(0, MESSAGE_LIMIT),
      ...(thrown.stack === undefined ? {} : { stack: thrown.stack.slice(0, STACK_LIMIT) }),
    };
  }
  return { name: 'NonError', message: `a value that is not an Error was thrown: ${describe(thrown)}` };
}

function describe(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, MESSAGE_LIMIT);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
