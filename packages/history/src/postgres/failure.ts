import { explain, fieldOf } from '@hookline/core';
import { HistoryError, type HistoryProblem } from '../schema/history-error.ts';

const PROBLEMS: readonly (readonly [code: RegExp, problem: HistoryProblem, advice: string])[] = [
  [/^53100$/, 'full', 'make room on its disk, or keep events for a shorter time; nothing is lost meanwhile'],
  [/^28/, 'unreachable', 'let HISTORY_URL have the right user and password'],
  [/^3D000$/, 'unreachable', 'make that database, or let HISTORY_URL name another'],
  [/^42501$/, 'refused', 'let its user make tables in it'],
  [/^XX00[12]$/, 'damaged', 'stop Hookline, and restore the database from a backup'],
  [
    /^(08|57P0|53300)|^E[A-Z_]+$/,
    'unreachable',
    'let HISTORY_URL name a PostgreSQL that is there and lets this machine in',
  ],
];

/**
 * What the database or the network said, as who runs Hookline needs it.
 * @param place the address without its password
 */
export function postgresFailure(error: unknown, place: string): HistoryError {
  if (error instanceof HistoryError) return error;
  const code = String(fieldOf(error, 'code') ?? '');
  const isGone = /Connection terminated|timeout exceeded/i.test(explain(error));
  const [, problem, advice] = PROBLEMS.find(([pattern]) => pattern.test(isGone ? 'ECONNRESET' : code)) ?? [
    undefined,
    'refused' as const,
    undefined,
  ];
  const said = `the history at ${place} cannot be used (${explain(error)})`;
  return new HistoryError(problem, advice === undefined ? said : `${said}: ${advice}`, { cause: error });
}
