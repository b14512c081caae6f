import type { Socket } from 'node:net';
import type { ProxyMode } from './proxy-mode.ts';

/** One direction of one connection. Bytes keep their order, whatever mode they came in under. */
export interface Lane {
  push(chunk: Buffer): void;
  /** The mode is another one: what waits is due by that. */
  reconsider(): void;
  /** Nothing follows: calls back when all that waits is through. */
  end(done: () => void): void;
  /** Forgets what waits. */
  close(): void;
}

interface Waiting {
  readonly chunk: Buffer;
  readonly since: number;
}

/** Small enough that a throttled connection trickles instead of pausing and gushing. */
const PIECES_PER_SECOND = 20;
/** More than this in wait, and the sender is made to wait as well, as by a slow network. */
const MOST_WAITING_BYTES = 256 * 1024;

export function openLane(from: Socket, to: Socket, mode: () => ProxyMode): Lane {
  let waiting: Waiting[] = [];
  let bytes = 0;
  /** When the line is free again after a piece that was throttled. */
  let freeAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let whenEmpty: (() => void) | undefined;

  function dueAt({ since }: Waiting): number {
    const current = mode();
    return Math.max(freeAt, current.kind === 'delay' ? since + current.ms : since);
  }

  function pump(): void {
    clearTimeout(timer);
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const now = performance.now();
      const due = dueAt(next);
      if (due > now) {
        timer = setTimeout(pump, due - now);
        return;
      }
      waiting.shift();
      send(next, now);
    }
    whenEmpty?.();
  }

  function send(next: Waiting, now: number): void {
    const current = mode();
    let piece = next.chunk;
    if (current.kind === 'throttle') {
      piece = next.chunk.subarray(0, Math.max(1, Math.floor(current.bytesPerSecond / PIECES_PER_SECOND)));
      const rest = next.chunk.subarray(piece.length);
      if (rest.length > 0) waiting.unshift({ chunk: rest, since: next.since });
      freeAt = now + (piece.length / current.bytesPerSecond) * 1_000;
    }
    bytes -= piece.length;
    to.write(piece);
    if (bytes < MOST_WAITING_BYTES && from.isPaused()) from.resume();
  }

  return {
    push(chunk) {
      waiting.push({ chunk, since: performance.now() });
      bytes += chunk.length;
      if (bytes >= MOST_WAITING_BYTES) from.pause();
      pump();
    },
    reconsider() {
      freeAt = 0;
      pump();
    },
    end(done) {
      whenEmpty = done;
      pump();
    },
    close() {
      clearTimeout(timer);
      waiting = [];
      whenEmpty = undefined;
    },
  };
}
