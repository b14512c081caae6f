import type { IncomingMessage } from 'node:http';
import type { ByteBudget, Holder } from './byte-budget.ts';

/** How reading a request's body ended. */
export type BodyRead =
  /** `release` gives its bytes back to the budget: call it when the body is done with. */
  | { readonly kind: 'whole'; readonly body: Buffer; readonly release: () => void }
  | { readonly kind: 'too-large' }
  /** Too many bytes are held at once: holding these too could exhaust the memory. */
  | { readonly kind: 'busy' }
  /** It had not arrived whole in time, or came too slowly. */
  | { readonly kind: 'slow' }
  /** The sender went away; there is nobody to answer. */
  | { readonly kind: 'aborted' };

export interface ReadBodyOptions {
  /** The most bytes one body may have. */
  readonly limit: number;
  /** Milliseconds until it has to be there. */
  readonly deadline: number;
  readonly budget: ByteBudget;
  /** Who sends, and to what: each has a share of the budget. */
  readonly holder?: Holder;
  readonly pace?: Pace | undefined;
}

/** How slow a body may be: whoever holds memory has to use the time. */
export interface Pace {
  /** Milliseconds of which each has to bring its bytes; the first are free. */
  readonly window: number;
  readonly bytesPerSecond: number;
}

const PACE: Pace = { window: 5_000, bytesPerSecond: 8 * 2 ** 10 };

/**
 * Reads the exact bytes of a body; a content encoding is left as it is, because signatures are over the bytes as
 * sent. Never rejects.
 */
export function readBody(
  request: IncomingMessage,
  { limit, deadline, budget, holder, pace = PACE }: ReadBodyOptions,
): Promise<BodyRead> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large' });

  return new Promise((resolve) => {
    let bytes: Buffer = NOTHING;
    let size = 0;
    let isSettled = false;
    const hold = budget.open(announced, holder);
    const began = performance.now();
    let timer: NodeJS.Timeout;
    const look = (before: number, least: number) => {
      const left = deadline - (performance.now() - began);
      if (left <= 0 || size - before < least) return fail({ kind: 'slow' });
      const wait = Math.min(pace.window, left);
      const have = size;
      timer = setTimeout(() => look(have, (wait * pace.bytesPerSecond) / 1_000), wait);
    };
    timer = setTimeout(() => look(0, 0), Math.min(pace.window, deadline));

    // The listeners stay until the request is gone: taking four away costs each request more than ignoring what they hear.
    const settle = (result: BodyRead) => {
      isSettled = true;
      bytes = NOTHING;
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (result: BodyRead) => {
      if (isSettled) return;
      hold.release();
      settle(result);
    };
    const onData = (chunk: Buffer) => {
      if (isSettled) return;
      if (size + chunk.length > limit) return fail({ kind: 'too-large' });
      if (!hold.take(chunk.length)) return fail({ kind: 'busy' });
      // Node's parser gives each chunk memory of its own, so that the first needs no copy; usually it is all there is.
      if (size === 0) bytes = chunk;
      else {
        bytes = withRoom(bytes, size, chunk.length);
        chunk.copy(bytes, size);
      }
      size += chunk.length;
    };
    const onEnd = () => {
      if (isSettled) return;
      const body = bytes.length === size ? bytes : bytes.subarray(0, size);
      settle({ kind: 'whole', body, release: () => hold.release() });
    };
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
