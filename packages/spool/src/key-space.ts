import type { EventId } from '@hookline/core';
import type { Database } from './database.ts';
import { decodeEntry } from './entry.ts';

/** Entries lie under `e`, where they are by id under `i`, damaged ones under `x`: ranges of one ordered key space. */
export const ENTRIES = 'e';
export const END_OF_ENTRIES = 'f';
export const DAMAGED = 'x';
export const END_OF_DAMAGED = 'y';
export const END_OF_IDS = 'j';
export const ids = (id: EventId): string => `i${id}`;

/** Fixed width, so that the order of keys is the order of arrival; the length spares opening a spool its bodies. */
export function entryKey(sequence: number, bytes: number): string {
  return `${ENTRIES}${String(sequence).padStart(16, '0')}.${bytes}`;
}

function sequenceOf(key: string | undefined): number {
  return key === undefined ? -1 : Number(key.slice(key.indexOf(ENTRIES) + 1, key.indexOf('.')));
}

export function put(key: string, value: Buffer) {
  return { type: 'put', key, value } as const;
}

/** What is there after `cursor`, and the number the next entry gets: one that nothing here has, or had put aside. */
export async function survey(database: Database, cursor = ENTRIES) {
  let [events, bytes] = [0, 0];
  for await (const key of database.keys({ gt: cursor, lt: END_OF_ENTRIES })) {
    events += 1;
    bytes += Number(key.slice(key.indexOf('.') + 1));
  }
  const [last] = await database.keys({ gt: ENTRIES, lt: END_OF_ENTRIES, reverse: true, limit: 1 }).all();
  const [aside] = await database.keys({ gt: DAMAGED, lt: END_OF_DAMAGED, reverse: true, limit: 1 }).all();
  const next = Math.max(sequenceOf(last), sequenceOf(aside), sequenceOf(cursorOf(cursor))) + 1;
  const [first] = await database.values({ gt: cursor, lt: END_OF_ENTRIES, limit: 1 }).all();
  const oldest = first === undefined ? undefined : decodeEntry(first)?.receivedAt;
  return { events, bytes, next, oldest };
}

function cursorOf(cursor: string): string | undefined {
  return cursor === ENTRIES ? undefined : cursor;
}
