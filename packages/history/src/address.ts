import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HistoryError } from './schema/history-error.ts';

/** Where a history is. */
export type HistoryAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'postgres';
      readonly url: string;
      /** Without user and password. */ readonly place: string;
    };

const FILE = 'history.db';

/**
 * Reads where the history is: `postgres://…`, `sqlite:<file>`, or a folder for a file of its own.
 * @throws HistoryError that says how it is written
 */
export function parseAddress(place: string | { readonly folder: string }): HistoryAddress {
  if (typeof place !== 'string') return { kind: 'sqlite', file: resolve(place.folder, FILE) };
  if (place.startsWith('sqlite:')) return { kind: 'sqlite', file: fileOf(place.slice('sqlite:'.length)) };
  if (/^postgres(ql)?:\/\//.test(place)) return { kind: 'postgres', url: place, place: shown(place) };
  throw new HistoryError(
    'refused',
    'HISTORY_URL names no database: write sqlite:<file> or postgres://user:password@host/database',
  );
}

function fileOf(path: string): string {
  if (path.startsWith('//')) return fileURLToPath(`file:${path}`);
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(path);
}

/** Host and database: whatever else stands in an address may be a secret. */
function shown(url: string): string {
  const [, host = '', database = ''] = /^[^:]+:\/\/(?:[^/]*@)?([^/?#]*)(?:\/([^?#]*))?/.exec(url) ?? [];
  return `${decoded(host) || 'localhost'}/${decoded(database)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
