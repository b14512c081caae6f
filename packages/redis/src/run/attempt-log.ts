import type { Logger, LogLine } from '@hookline/core';

/** What is kept of one attempt's lines: enough to read what happened, and little beside the event itself. */
const MOST_LINES = 50;
const MOST_BYTES = 4_096;

/** What a handler says with `ctx.log`: written where the worker's log goes, and the first of it kept for the history. */
export class AttemptLog implements Logger {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #lines: LogLine[] = [];
  #bytes = 0;
  #left = 0;

  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** The last of them says how many more there were. */
  get lines(): readonly LogLine[] {
    if (this.#left === 0) return this.#lines;
    return [
      ...this.#lines,
      { at: this.#now(), level: 'warn', message: `${this.#left} more lines are not kept` },
    ];
  }

  readonly debug = (message: string, fields?: Record<string, unknown>): void =>
    this.#say('debug', message, fields);
  readonly info = (message: string, fields?: Record<string, unknown>): void =>
    this.#say('info', message, fields);
  readonly warn = (message: string, fields?: Record<string, unknown>): void =>
    this.#say('warn', message, fields);
  readonly error = (message: string, fields?: Record<string, unknown>): void =>
    this.#say('error', message, fields);

  #say(level: LogLine['level'], message: string, fields?: Record<string, unknown>): void {
    this.#log[level](message, fields);
    const text = asText({ at: this.#now(), level, message: String(message), fields });
    const bytes = text === undefined ? 0 : Buffer.byteLength(text);
    if (text === undefined || this.#lines.length >= MOST_LINES || this.#bytes + bytes > MOST_BYTES) {
      this.#left += 1;
      return;
    }
    this.#bytes += bytes;
    // A copy: who wrote it may change its fields later.
    this.#lines.push(JSON.parse(text) as LogLine);
  }
}

/** What JSON cannot hold is left to the log itself, which may write it in its own way. */
function asText(line: unknown): string | undefined {
  try {
    return JSON.stringify(line);
  } catch {
    return undefined;
  }
}
