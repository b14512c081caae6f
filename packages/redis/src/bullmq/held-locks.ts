/** A job in the hands of one turn of this process. */
export interface HeldLock {
  readonly queue: string;
  readonly jobId: string;
  /** What the job's lock holds for as long as it is ours. */
  readonly token: string;
}

/** Bytes of one place: its length, and the texts. */
const PLACE_BYTES = 1_024;
const LENGTH_BYTES = 4;
const SEPARATOR = '\n';

/**
 * The locks that one thread holds, where another can read them however long the first stands still. A place is written by
 * one thread alone; what is read while it changes renews a lock that nobody holds, which does nothing.
 */
export class HeldLocks {
  readonly memory: SharedArrayBuffer;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #free: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #encoder = new TextEncoder();

  /** @param from how many locks there may be at once, or what another thread has made of that */
  constructor(from: number | SharedArrayBuffer) {
    this.memory = typeof from === 'number' ? new SharedArrayBuffer(from * PLACE_BYTES) : from;
    this.#lengths = new Int32Array(this.memory);
    this.#bytes = new Uint8Array(this.memory);
    for (let place = this.memory.byteLength / PLACE_BYTES - 1; place >= 0; place -= 1) this.#free.push(place);
  }

  /** @returns false where there is no room for it: somebody else has to renew it */
  hold({ queue, jobId, token }: HeldLock): boolean {
    if (queue.includes(SEPARATOR) || jobId.includes(SEPARATOR)) return false;
    const place = this.#places.get(token) ?? this.#free.pop();
    if (place === undefined) return false;
    this.#places.set(token, place);
    const at = place * PLACE_BYTES;
    Atomics.store(this.#lengths, at / LENGTH_BYTES, 0);
    const text = [queue, jobId, token].join(SEPARATOR);
    const room = this.#bytes.subarray(at + LENGTH_BYTES, at + PLACE_BYTES);
    const { read, written } = this.#encoder.encodeInto(text, room);
    if (read < text.length) {
      this.letGo(token);
      return false;
    }
    Atomics.store(this.#lengths, at / LENGTH_BYTES, written);
    return true;
  }

  letGo(token: string): void {
    const place = this.#places.get(token);
    if (place === undefined) return;
    Atomics.store(this.#lengths, (place * PLACE_BYTES) / LENGTH_BYTES, 0);
    this.#places.delete(token);
    this.#free.push(place);
  }

  /** Those that are held now, as any thread sees them. */
  read(): readonly HeldLock[] {
    const held: HeldLock[] = [];
    for (let at = 0; at < this.memory.byteLength; at += PLACE_BYTES) {
      const length = Atomics.load(this.#lengths, at / LENGTH_BYTES);
      if (length === 0) continue;
      // A decoder reads no shared memory.
      const text = Buffer.from(this.#bytes.slice(at + LENGTH_BYTES, at + LENGTH_BYTES + length)).toString();
      const [queue, jobId, token] = text.split(SEPARATOR);
      if (queue !== undefined && jobId !== undefined && token !== undefined)
        held.push({ queue, jobId, token });
    }
    return held;
  }
}
