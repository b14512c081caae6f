import type { History, Logger } from '@hookline/core';
import { parseAddress } from './address.ts';
import { openPostgresStore } from './postgres/store.ts';
import { SqlHistory } from './sql/history.ts';
import { openSqliteHistory } from './sqlite/remote.ts';

/**
 * Opens the history, and brings its schema up to date; several processes may do so at once.
 * @param place `sqlite:<file>`, `postgres://…`, or a folder in which the file `history.db` is made
 * @throws HistoryError that names the place and what to do, and never a password
 */
export async function openHistory(
  place: string | { readonly folder: string },
  { log }: { readonly log: Logger },
): Promise<History> {
  const address = parseAddress(place);
  if (address.kind === 'sqlite') return openSqliteHistory(address.file);
  return new SqlHistory(await openPostgresStore(address.url, address.place, log));
}
