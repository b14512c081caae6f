import { explain, fieldOf } from '@hookline/core';
import { HistoryError, type HistoryProblem } from '../schema/history-error.ts';

const PROBLEMS: readonly (readonly [code: RegExp, problem: HistoryProblem, advice: string])[] = [
  [
    /^SQLITE_FULL|^ENOSPC/,
    'full',
    'make room on the disk, or keep events for a shorter time; nothing is lost meanwhile',
  ],
  [
    /^SQLITE_NOTADB/,
    'not-a-history',
    'it is no database: let HISTORY_URL name another file, or move this one away',
  ],
  [
    /^SQLITE_CORRUPT/,
    'damaged',
    'stop Hookline, keep a copy of it, and restore it from a backup or move it away',
  ],
  [/^SQLITE_(BUSY|LOCKED)/, 'busy', 'another process holds it: end that one, or wait until it is done'],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)|^E[A-Z]+$/,
    'unreachable',
    'let HISTORY_URL or DATA_DIR name a place that this process can write in',
  ],
];

/** What SQLite or the disk said, as who runs Hookline needs it. */
export function sqliteFailure(error: unknown, file: string): HistoryError {
  if (error instanceof HistoryError) return error;
  const code = String(fieldOf(error, 'code') ?? '');
  const [, problem, advice] = PROBLEMS.find(([pattern]) => pattern.test(code)) ?? [
    undefined,
    'refused' as const,
    undefined,
  ];
  const said = `the history ${file} cannot be used (${explain(error)})`;
  return new HistoryError(problem, advice === undefined ? said : `${said}: ${advice}`, { cause: error });
}
