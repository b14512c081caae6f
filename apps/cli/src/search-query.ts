import type { SearchQuery } from '@hookline/core';
import type { EventLog } from '@hookline/operations';
import { UsageError } from './command.ts';

/** Reads a search as it is typed. @throws UsageError that says how to write it */
export async function readSearch(text: string, now: number): Promise<SearchQuery> {
  // Only now: other commands need no database, and would wait for its libraries to be read.
  const { parseSearch } = await import('@hookline/history');
  const read = parseSearch(text, now);
  if (read.kind === 'problem') throw new UsageError(read.problem);
  return read.query;
}

/**
 * Redis cannot be searched by what stands in payloads: without a history everything would seem to fit.
 * @returns what to do; `undefined` where the question can be answered
 */
export async function searchProblem(log: EventLog, query: SearchQuery): Promise<string | undefined> {
  if (query.phrases.length === 0 && query.pairs.length === 0) return undefined;
  if ((await log.history()) !== undefined) return undefined;
  return 'payloads cannot be searched without a history, and there is none here: set HISTORY_URL to the one that the dashboard records, or ask by fields alone, as in source:stripe status:dead';
}
