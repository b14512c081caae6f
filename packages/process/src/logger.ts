import type { Logger } from '@hookline/core';
import pino from 'pino';
import type { LogLevel } from './common-config.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';
import { isHarmless, redact } from './redact.ts';
import { prettyLines } from './pretty.ts';

export interface LoggerOptions {
  /** Which process is speaking. */
  readonly name: string;
  readonly level: LogLevel;
  /** JSON lines for machines; otherwise one short line each for people. */
  readonly json: boolean;
}

/** What every line has by itself. A field of that name gets a `_`, or it could pass for another line's. */
const OWN_KEYS = new Set(['level', 'time', 'name', 'msg']);

/**
 * Writes to standard output; what looks like a secret by its key is hidden. JSON lines go out together, a few times a
 * second; a warning or an error goes at once, with all that was said before it.
 */
export function createLogger({ name, level, json }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const buffer = json ? standardOutput() : undefined;
  const log = pino(options, buffer ?? prettyLines(process.stdout));
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      // Rendering fields costs more than the rest: not for a line that nobody asked for.
      if (!log.isLevelEnabled(severity)) return;
      log[severity](isPlain(fields) ? fields : ownNamesKept(fields), message);
      if (severity === 'warn' || severity === 'error') buffer?.flush();
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** One for all loggers of a process, or their lines would overtake each other. */
let output: LineBuffer | undefined;

/** A full disk or a closed terminal loses the line; as an unhandled stream error it would end the process. */
function standardOutput(): LineBuffer {
  if (output !== undefined) return output;
  const destination = pino.destination({ fd: 1, sync: true }).on('error', () => undefined);
  const buffer = createLineBuffer((lines) => destination.write(lines));
  process.on('exit', () => buffer.flush());
  output = buffer;
  return buffer;
}

/** Whether every field may be written as it is, as of nearly every line: a copy of each cost more than writing it. */
function isPlain(fields: Readonly<Record<string, unknown>> | null): boolean {
  if (typeof fields !== 'object' || fields === null) return false;
  if (Object.getPrototypeOf(fields) !== Object.prototype) return false;
  try {
    for (const key in fields)
      if (!isScalar(fields[key]) || OWN_KEYS.has(key) || !isHarmless(key)) return false;
    return true;
  } catch {
    // A getter that throws; what it is shown as is said elsewhere.
    return false;
  }
}

function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'undefined';
}

function ownNamesKept(fields: Readonly<Record<string, unknown>>): object {
  const shown = redact(fields);
  if (typeof shown !== 'object' || shown === null) return { fields: shown };
  return Object.fromEntries(
    Object.entries(shown).map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, value]),
  );
}
