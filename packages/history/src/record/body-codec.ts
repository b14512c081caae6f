import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** How a body's bytes are stored. */
export interface StoredBody {
  readonly encoding: 'raw' | 'deflate';
  readonly bytes: Buffer;
}

const COMPRESSED_FROM = 512;
/** Below this a body is not worth unpacking. */
const WORTH = 0.85;

/** Packs a body when that makes it clearly smaller. */
export function packBody(body: Buffer): StoredBody {
  if (body.length >= COMPRESSED_FROM) {
    const bytes = deflateRawSync(body, { level: 3, memLevel: 5, windowBits: windowFor(body.length) });
    if (bytes.length <= body.length * WORTH) return { encoding: 'deflate', bytes };
  }
  return { encoding: 'raw', bytes: body };
}

/** @returns the body; `undefined` when the bytes are damaged so that nothing can be read of them */
export function unpackBody({ encoding, bytes }: StoredBody): Buffer | undefined {
  if (encoding === 'raw') return bytes;
  try {
    return inflateRawSync(bytes);
  } catch {
    return undefined;
  }
}

/** zlib clears what its window takes for each call: a small body needs a small one. */
function windowFor(bytes: number): number {
  return Math.min(15, Math.max(9, Math.ceil(Math.log2(bytes))));
}
