/** Why a running attempt is told to stop. */
export type AbortCause = 'timeout' | 'shutdown' | 'lock-lost' | 'cancelled';

/** The `reason` of `ctx.signal`, with a message that says which of them it was. */
export class AttemptAbortedError extends Error {
  override readonly name = 'AttemptAbortedError';
  readonly abortedBy: AbortCause;

  constructor(abortedBy: AbortCause, message: string) {
    super(message);
    this.abortedBy = abortedBy;
  }
}

/**
 * How an attempt is told to stop. Its signal is made for those who look at it, which few handlers do: an
 * `AbortController` with one listener cost 3 % of a worker's CPU time.
 */
export class Abort {
  #reason: AttemptAbortedError | undefined;
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;

  get reason(): AttemptAbortedError | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Only the first reason counts. */
  abort(reason: AttemptAbortedError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.();
  }

  /** @param listener the one that is told; nobody, without it */
  listen(listener?: () => void): void {
    this.#listener = listener;
  }

  wasBy(cause: AbortCause): boolean {
    return this.#reason?.abortedBy === cause;
  }
}
