import type { EventId, IncomingEvent, Logger } from '@hookline/core';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, type Database } from './database.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import type { SpoolCounters } from './spool-counters.ts';

/** An event in the spool, with its place. */
export interface SpoolEntry {
  readonly key: string;
  readonly event: IncomingEvent;
  readonly bytes: number;
}

/** Events on this machine's disk, in order of their arrival. One process has it open. */
export interface Spool {
  readonly folder: string;
  /** Events, with those that are being written: it grows at the call of `append`. */
  readonly size: number;
  /** What these events take, before the disk's own compression. */
  readonly bytes: number;
  /** When the oldest of them arrived, in milliseconds since the epoch; `undefined` when there is none. */
  readonly oldest: number | undefined;
  /**
   * Keeps an event: it is on the disk when this resolves. One that is here already is not written again.
   * Rejects when the disk refuses; whether the event is kept is then unknown.
   */
  append(event: IncomingEvent): Promise<'spooled' | 'full'>;
  /** The oldest entries: `count` at most, and 8 MiB, but always one if there is any. */
  first(count: number): Promise<readonly SpoolEntry[]>;
  /** Takes the oldest entries away, as `first` gave them from its beginning: they are never read again here; after a crash they may come back. */
  remove(entries: readonly SpoolEntry[]): Promise<void>;
  /** @throws Error that says why the spool would take no event now */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface SpoolOptions {
  readonly folder: string;
  /** Bytes of entries. */
  readonly limit: number;
  readonly log: Logger;
  readonly counters: SpoolCounters;
}

interface Append {
  readonly event: IncomingEvent;
  readonly value: Buffer;
  readonly resolve: (kept: 'spooled') => void;
  readonly reject: (error: unknown) => void;
}

/** A body may have 25 MiB: a batch of them would be gigabytes in memory, and on its way to Redis at once. */
const READ_BYTES = 8 * 1024 * 1024;
/** LevelDB gives deleted bytes back to the disk when it compacts: when this many are gone, an empty spool does. */
const COMPACTED_BYTES = 4 * 1024 * 1024;

/** @returns the spool in this folder; `locked` when another process has it. @throws Error when the disk refuses */
export async function openSpoolAt({ folder, limit, log, counters }: SpoolOptions): Promise<Spool | 'locked'> {
  const opened = await openDatabase(folder, log);
  if (opened === 'locked') return opened;
  let database: Database = opened;
  let kept = await survey(database);
  /** All keys up to it are done with, whether they could be deleted yet or not. */
  let cursor = ENTRIES;
  let isBroken = false;
  let oldest = kept.oldest;
  const queue: Append[] = [];
  const underWay = new Map<EventId, Promise<'spooled'>>();
  let pendingBytes = 0;
  let writing: Promise<void> | undefined;
  let mending: Promise<void> | undefined;
  let deletedBytes = 0;
  /** How often `kept` was changed, so that a count is not set over a change it has not seen. */
  let changes = 0;

  /** After a failed write LevelDB takes none until it is opened again; until the disk does, it is good for reading. */
  async function reopen(): Promise<void> {
    if (database.status === 'open') await tryDisk(folder);
    await database.close();
    const again = await openDatabase(folder, log);
    if (again === 'locked') throw new Error(`${folder} was taken by another process`);
    database = again;
    await database.clear({ gt: ENTRIES, lte: cursor });
    await recount();
    isBroken = false;
  }

  /** What LevelDB lost to a damaged block must not be waited for. */
  async function recount(): Promise<void> {
    for (;;) {
      const before = changes;
      const counted = await survey(database, cursor);
      if (before !== changes) continue;
      kept = counted;
      return;
    }
  }

  function mend(): Promise<void> {
    mending ??= reopen().finally(() => (mending = undefined));
    return mending;
  }

  /** Writes whatever waits in one synced batch, and again while more came in the meantime. */
  async function write(): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0);
      try {
        if (isBroken) await mend();
        await writeGroup(group);
        for (const { event, value, resolve } of group) {
          settled(event.id, value);
          resolve('spooled');
        }
      } catch (error) {
        isBroken = true;
        for (const { event, value, reject } of group) {
          settled(event.id, value);
          reject(error);
        }
      }
    }
    writing = undefined;
  }

  async function writeGroup(group: readonly Append[]): Promise<void> {
    const known = await keysOf(group.map(({ event }) => event.id));
    const added = group.filter((_, index) => known[index] === undefined);
    if (added.length === 0) return;
    const operations = added.flatMap(({ event, value }) => {
      const key = entryKey(kept.next, value.length);
      kept.next += 1;
      return [put(key, value), put(ids(event.id), Buffer.from(key))];
    });
    await database.batch(operations, { sync: true });
    changes += 1;
    kept.events += added.length;
    kept.bytes += added.reduce((sum, { value }) => sum + value.length, 0);
    oldest ??= added[0]?.event.receivedAt;
  }

  /** Where the events are that are here already. An id whose entry is gone counts for nothing. */
  async function keysOf(events: readonly EventId[]): Promise<(string | undefined)[]> {
    const keys = (await database.getMany(events.map(ids))).map((key) => key?.toString());
    const sought = keys.filter((key) => key !== undefined && key > cursor) as string[];
    const there = sought.length === 0 ? [] : await database.hasMany(sought);
    const found = new Set(sought.filter((_, index) => there[index]));
    return keys.map((key) => (key !== undefined && found.has(key) ? key : undefined));
  }

  function settled(id: EventId, value: Buffer): void {
    underWay.delete(id);
    pendingBytes -= value.length;
  }

  /** What cannot be read must neither block the others nor be thrown away. */
  async function putAside(key: string, value: Buffer): Promise<void> {
    await database.batch([put(DAMAGED + key, value), { type: 'del', key }], { sync: true });
    changes += 1;
    kept.events -= 1;
    kept.bytes -= value.length;
    counters.damaged();
    log.error('an entry of the spool cannot be read and was put aside', { folder, key: DAMAGED + key });
  }

  async function read(count: number): Promise<SpoolEntry[]> {
    const entries: SpoolEntry[] = [];
    let bytes = 0;
    if (database.status !== 'open') await mend();
    for await (const [key, value] of database.iterator({ gt: cursor, lt: END_OF_ENTRIES })) {
      if (entries.length > 0 && bytes + value.length > READ_BYTES) break;
      const event = decodeEntry(value);
      if (event === undefined) await putAside(key, value);
      else entries.push({ key, event, bytes: value.length });
      bytes += value.length;
      if (entries.length >= count) break;
    }
    oldest = entries[0]?.event.receivedAt;
    return entries;
  }

  return {
    folder,
    get size() {
      return kept.events + underWay.size;
    },
    get bytes() {
      return kept.bytes + pendingBytes;
    },
    get oldest() {
      return kept.events === 0 ? undefined : oldest;
    },
    async append(event) {
      const same = underWay.get(event.id);
      if (same !== undefined) return same;
      const value = encodeEntry(event);
      if (kept.bytes + pendingBytes + value.length > limit) return 'full';
      pendingBytes += value.length;
      const written = new Promise<'spooled'>((resolve, reject) => {
        queue.push({ event, value, resolve, reject });
      });
      underWay.set(event.id, written);
      writing ??= write();
      return written;
    },
    async first(count) {
      const entries = await read(count);
      if (entries.length > 0) return entries;
      if (writing === undefined) await recount();
      await writing;
      return read(count);
    },
    async remove(entries) {
      const last = entries.at(-1);
      if (last === undefined) return;
      cursor = last.key;
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      changes += 1;
      kept.events -= entries.length;
      kept.bytes -= bytes;
      deletedBytes += bytes;
      oldest = undefined;
      try {
        await database.batch(
          entries.flatMap(({ key, event }) => [
            { type: 'del' as const, key },
            { type: 'del' as const, key: ids(event.id) },
          ]),
        );
        if (kept.events === 0 && deletedBytes > COMPACTED_BYTES) {
          deletedBytes = 0;
          await database.compactRange(ENTRIES, END_OF_IDS);
        }
      } catch (error) {
        // They are done with; on a disk that takes no deletion they only come back as duplicates.
        log.warn('drained entries could not be deleted from the spool', { folder, error });
      }
    },
    async check() {
      if (kept.bytes + pendingBytes >= limit)
        throw new Error(`the spool is full: ${kept.events} events, ${kept.bytes} bytes`);
      if (isBroken) await mend();
    },
    async close() {
      await writing;
      await database.close();
    },
  };
}

/** Entries lie under `e`, where they are by id under `i`, damaged ones under `x`: ranges of one ordered key space. */
const ENTRIES = 'e';
const END_OF_ENTRIES = 'f';
const DAMAGED = 'x';
const END_OF_DAMAGED = 'y';
const END_OF_IDS = 'j';
const ids = (id: EventId): string => `i${id}`;

/** Fixed width, so that the order of keys is the order of arrival; the length spares opening a spool its bodies. */
function entryKey(sequence: number, bytes: number): string {
  return `${ENTRIES}${String(sequence).padStart(16, '0')}.${bytes}`;
}

function sequenceOf(key: string | undefined): number {
  return key === undefined ? -1 : Number(key.slice(key.indexOf(ENTRIES) + 1, key.indexOf('.')));
}

function put(key: string, value: Buffer) {
  return { type: 'put', key, value } as const;
}

/** Writes as much as a batch may need, and takes it away again. @throws what the disk says to it */
async function tryDisk(folder: string): Promise<void> {
  const file = join(folder, 'probe');
  try {
    await writeFile(file, Buffer.alloc(64 * 1024), { flush: true });
  } finally {
    await rm(file, { force: true });
  }
}

/** What is there after `cursor`, and the number the next entry gets: one that nothing here has, or had put aside. */
async function survey(database: Database, cursor = ENTRIES) {
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
