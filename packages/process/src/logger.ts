import type { Logger } from '@hookline/core';
import pino from 'pino';
import type { LogLevel } from './common-config.ts';
import { redact } from './redact.ts';
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

/** Writes to standard output; what looks like a secret by its key is hidden. */
export function createLogger({ name, level, json }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const log = pino(options, json ? standardOutput() : prettyLines(process.stdout));
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      // Rendering fields costs more than the rest: not for a line that nobody asked for.
      if (log.isLevelEnabled(severity)) log[severity](ownNamesKept(fields), message);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** A full disk or a closed terminal loses the line; as an unhandled stream error it would end the process. */
function standardOutput(): pino.DestinationStream {
  return pino.destination({ fd: 1, sync: true }).on('error', () => undefined);
}

function ownNamesKept(fields: Readonly<Record<string, unknown>>): object {
  const shown = redact(fields);
  if (typeof shown !== 'object' || shown === null) return { fields: shown };
  return Object.fromEntries(
    Object.entries(shown).map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, value]),
  );
}
