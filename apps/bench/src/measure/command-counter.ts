const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const ARRAY = 0x2a;
const BULK = 0x24;

/** Counts the commands in what a client writes to Redis (arrays of bulk strings), however it is cut into chunks. */
export class CommandCounter {
  /** Bulk strings of the command that is being read which are still to come. */
  #open = 0;
  /** Bytes of a bulk string, and the line end after it, to be passed over. */
  #skip = 0;
  #line = '';

  /** @returns how many commands are whole with this chunk */
  add(chunk: Buffer): number {
    let commands = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
        if (this.#skip === 0 && this.#close()) commands += 1;
        continue;
      }
      const end = chunk.indexOf(LINE_FEED, at);
      this.#line += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
      if (end < 0) return commands;
      at = end + 1;
      this.#header();
    }
    return commands;
  }

  #header(): void {
    const line = this.#line;
    this.#line = '';
    const isWhole = line.charCodeAt(line.length - 1) === CARRIAGE_RETURN;
    const number = Number(line.slice(1, -1));
    const kind = line.charCodeAt(0);
    if (!isWhole || !Number.isInteger(number) || (kind !== ARRAY && kind !== BULK))
      throw new Error(`a client does not speak the Redis protocol: ${line.slice(0, 40)}`);
    if (kind === ARRAY) this.#open = number;
    else this.#skip = number + 2;
  }

  /** @returns whether that was the last of its command */
  #close(): boolean {
    this.#open -= 1;
    return this.#open === 0;
  }
}
