import type { IncomingMessage } from 'node:http';

/** How reading a request's body ended. */
export type BodyRead =
  /** `release` gives its bytes back to the budget: call it when the body is done with. */
  | { readonly kind: 'whole'; readonly body: Buffer; readonly release: () => void }
  | { readonly kind: 'too-large' }
  /** Too many bytes are held at once: holding these too could exhaust the memory. */
  | { readonly kind: 'busy' }
  /** It had not arrived whole in time. */
  | { readonly kind: 'slow' }
  /** The sender went away; there is nobody to answer. */
  | { readonly kind: 'aborted' };

/**
 * The bytes that all requests together may hold in memory. Bytes count when they have come, not when they are
 * announced: whoever only announces would keep the others out for nothing.
 */
export class ByteBudget {
  readonly #total: number;
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#total) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

export interface ReadBodyOptions {
  /** The most bytes one body may have. */
  readonly limit: number;
  /** Milliseconds until it has to be there. */
  readonly deadline: number;
  readonly budget: ByteBudget;
}

/**
 * Reads the exact bytes of a body; a content encoding is left as it is, because signatures are over the bytes as
 * sent. Never rejects.
 */
export function readBody(
  request: IncomingMessage,
  { limit, deadline, budget }: ReadBodyOptions,
): Promise<BodyRead> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large' });

  return new Promise((resolve) => {
    let bytes: Buffer = NOTHING;
    let size = 0;
    const overdue = setTimeout(() => fail({ kind: 'slow' }), deadline);

    const settle = (result: BodyRead) => {
      clearTimeout(overdue);
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      resolve(result);
    };
    const fail = (result: BodyRead) => {
      budget.giveBack(size);
      settle(result);
    };
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > limit) return fail({ kind: 'too-large' });
      if (!budget.take(chunk.length)) return fail({ kind: 'busy' });
      bytes = withRoom(bytes, size, chunk.length);
      chunk.copy(bytes, size);
      size += chunk.length;
    };
    const onEnd = () =>
      settle({ kind: 'whole', body: bytes.subarray(0, size), release: () => budget.giveBack(size) });
    const onClose = () => fail({ kind: 'aborted' });
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

const NOTHING = Buffer.alloc(0);

/**
 * One buffer that doubles, not a list of chunks: sent byte by byte, 3 MB in a list took 1.2 GB, which no budget of
 * bytes would have seen.
 */
function withRoom(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}
