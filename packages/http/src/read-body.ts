import type { IncomingMessage } from 'node:http';

/** How reading a request's body ended. */
export type BodyRead =
  | { readonly kind: 'whole'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  /** Too many bytes are being read at once: reading this one too could exhaust the memory. */
  | { readonly kind: 'busy' }
  /** The sender went away; there is nobody to answer. */
  | { readonly kind: 'aborted' };

/** The bytes that all requests together may hold in memory while they are read. */
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

/**
 * Reads the exact bytes of a body; a content encoding is left as it is, because signatures are over the bytes as
 * sent. Never rejects.
 * @param limit the most bytes one body may have
 */
export function readBody(request: IncomingMessage, limit: number, budget: ByteBudget): Promise<BodyRead> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve({ kind: 'too-large' });

  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;

    const end = (result: BodyRead) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      budget.giveBack(size);
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > limit) return end({ kind: 'too-large' });
      if (!budget.take(chunk.length)) return end({ kind: 'busy' });
      size += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = () =>
      end({
        kind: 'whole',
        body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size),
      });
    const onClose = () => end({ kind: 'aborted' });
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
