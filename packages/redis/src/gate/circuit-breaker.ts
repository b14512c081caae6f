import { isReply } from '../client/server-facts.ts';

/** Ticks of this many milliseconds; the owner makes them. */
export const TICK_MS = 50;
/** More than any answer takes under load, and less than half of what a request may wait. */
const PATIENCE_TICKS = 4;

/**
 * Knows when Redis has fallen silent: something waits for an answer and nothing has been answered for 150 to 200 ms.
 * Then the next request need not wait to its own deadline as well. Any answer ends the silence.
 *
 * Time is counted in ticks, not read from the clock: after a pause of our own only one tick is made before the answers
 * are read that have arrived meanwhile, so our pause is not taken for Redis's.
 */
export class Circuit {
  #waiting = 0;
  #silentTicks = 0;

  get isOpen(): boolean {
    return this.#silentTicks >= PATIENCE_TICKS;
  }

  async watch<T>(asked: Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      const answer = await asked;
      this.#silentTicks = 0;
      return answer;
    } catch (error) {
      if (isReply(error)) this.#silentTicks = 0;
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  tick(): void {
    // What was given up is still unanswered: once open, only an answer or a new connection closes it.
    if (this.#waiting > 0 || this.isOpen) this.#silentTicks += 1;
  }

  /** A new connection: whoever was silent on the last one is not asked any more. */
  reset(): void {
    this.#silentTicks = 0;
  }
}
