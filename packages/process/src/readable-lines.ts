import type { Writable } from 'node:stream';

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'warn ', 50: 'error' };
const NOT_FIELDS = new Set(['level', 'time', 'name', 'msg']);

/** A pino destination that turns each JSON line into one that people read: time, process, message, fields. */
export function readableLines(out: Writable): { write(line: string): void } {
  return {
    write(line) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      const fields = Object.entries(entry)
        .filter(([key]) => !NOT_FIELDS.has(key))
        .map(
          ([key, value]) =>
            `${key}=${typeof value === 'string' ? quoteIfNeeded(value) : JSON.stringify(value)}`,
        );
      const time = String(entry['time']).slice(11, 23);
      const level = LEVELS[Number(entry['level'])] ?? String(entry['level']);
      out.write(
        `${time} ${level} ${String(entry['name'])}: ${[String(entry['msg'] ?? ''), ...fields].join('  ')}\n`,
      );
    },
  };
}

/** Line breaks in a field must not become lines of their own: a log line is one line. */
function quoteIfNeeded(value: string): string {
  return /^[\x21\x23-\x7e]+$/.test(value) ? value : JSON.stringify(value);
}
