import type { Logger } from '@hookline/core';
import pino from 'pino';
import { readableLines } from './readable-lines.ts';
import type { LogLevel } from './common-config.ts';

export interface LoggerOptions {
  /** Which process is speaking. */
  readonly name: string;
  readonly level: LogLevel;
  /** JSON lines for machines; otherwise one short line each for people. */
  readonly json: boolean;
}

/** Keys whose values are never written, however deep in a log line's fields. */
const SECRET_KEY = /authorization|cookie|secret|password|signature|token|api[-_]?key/i;
const HIDDEN = '[hidden]';

/** Writes to standard output; what looks like a secret by its key is hidden. */
export function createLogger({ name, level, json }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const destination = json ? pino.destination({ fd: 1, sync: true }) : readableLines(process.stdout);
  const log = pino(options, destination);
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Record<string, unknown>) => {
      log[severity](fields === undefined ? {} : withoutSecrets(fields), message);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function withoutSecrets(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (SECRET_KEY.test(key)) return [key, HIDDEN];
      const isPlain =
        typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
      return [
        key,
        isPlain && depth < 4 ? withoutSecrets(value as Record<string, unknown>, depth + 1) : value,
      ];
    }),
  );
}
