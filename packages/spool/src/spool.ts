import { LARGE_BODY_BYTES, type EventId, type IncomingEvent, type Logger } from '@hookline/core';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase, type Database } from './database.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import { DAMAGED, END_OF_ENTRIES, END_OF_IDS, ENTRIES, entryKey, ids, put, survey } from './key-space.ts';
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
  /** The oldest entries: `count` at most, and 1 MiB, or one that is large and alone. */
  first(count: number): Promise<readonly SpoolEntry[]>;
  /** Takes the oldest entries away, as `first` gave them from its beginning: they are never read again here; after a crash they may come back. */
  remove(entries: readonly SpoolEntry[]): Promise<void>;
  /** Moves the oldest entry behind all others: it stays kept all the while. */
  postpone(entry: SpoolEntry): Promise<void>;
  /** @throws Error that says why the spool would take no event now */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface SpoolOptions {
  readonly folder: string;
  /** Bytes of entries. */
  readonly limit: number;
  /** Bytes that other spools of this process hold: the limit is for all of them together. */
  readonly beside?: () => number;
  readonly log: Logger;
  readonly counters: SpoolCounters;
}

interface Append {
  readonly event: IncomingEvent;
  readonly value: Buffer;
  readonly resolve: (kept: 'spooled') => void;
  readonly reject: (error: unknown) => void;
}

/** A batch shares one deadline and one link: at 100 Mbit/s it takes 84 ms. */
const READ_BYTES = 1024 * 1024;
/** LevelDB gives deleted bytes back to the disk when it compacts: when this many are gone, an empty spool does. */
const COMPACTED_BYTES = 4 * 1024 * 1024;

/** @returns the spool in this folder; `locked` when another process has it. @throws Error when the disk refuses */
export async function openSpoolAt(options: SpoolOptions): Promise<Spool | 'locked'> {
  const database = await openDatabase(options.folder, options.log);
  return database === 'locked' ? database : new LevelSpool(options, database, await survey(database));
}

class LevelSpool implements Spool {
  readonly folder: string;
  readonly #limit: number;
  readonly #beside: () => number;
  readonly #log: Logger;
  readonly #counters: SpoolCounters;
  #database: Database;
  #kept: Awaited<ReturnType<typeof survey>>;
  #oldest: number | undefined;
  /** All keys up to it are done with, whether they could be deleted yet or not. */
  #cursor = ENTRIES;
  #isBroken = false;
  readonly #queue: Append[] = [];
  readonly #underWay = new Map<EventId, Promise<'spooled'>>();
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #mending: Promise<void> | undefined;
  #deletedBytes = 0;
  /** How often `#kept` was changed, so that a count is not set over a change it has not seen. */
  #changes = 0;

  constructor(
    { folder, limit, beside = () => 0, log, counters }: SpoolOptions,
    database: Database,
    kept: Awaited<ReturnType<typeof survey>>,
  ) {
    this.folder = folder;
    this.#limit = limit;
    this.#beside = beside;
    this.#log = log;
    this.#counters = counters;
    this.#database = database;
    this.#kept = kept;
    this.#oldest = kept.oldest;
  }

  get size(): number {
    return this.#kept.events + this.#underWay.size;
  }

  get bytes(): number {
    return this.#kept.bytes + this.#pendingBytes;
  }

  get oldest(): number | undefined {
    return this.#kept.events === 0 ? undefined : this.#oldest;
  }

  async append(event: IncomingEvent): Promise<'spooled' | 'full'> {
    const same = this.#underWay.get(event.id);
    if (same !== undefined) return same;
    const value = encodeEntry(event);
    if (this.bytes + this.#beside() + value.length > this.#limit) return 'full';
    this.#pendingBytes += value.length;
    const written = new Promise<'spooled'>((resolve, reject) => {
      this.#queue.push({ event, value, resolve, reject });
    });
    this.#underWay.set(event.id, written);
    this.#writing ??= this.#write();
    return written;
  }

  async first(count: number): Promise<readonly SpoolEntry[]> {
    const entries = await this.#read(count);
    if (entries.length > 0) return entries;
    if (this.#writing === undefined) await this.#recount();
    await this.#writing;
    return this.#read(count);
  }

  async remove(entries: readonly SpoolEntry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#cursor = last.key;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#changes += 1;
    this.#kept.events -= entries.length;
    this.#kept.bytes -= bytes;
    this.#deletedBytes += bytes;
    this.#oldest = undefined;
    try {
      await this.#database.batch(
        entries.flatMap(({ key, event }) => [
          { type: 'del' as const, key },
          { type: 'del' as const, key: ids(event.id) },
        ]),
      );
      if (this.#kept.events === 0 && this.#deletedBytes > COMPACTED_BYTES) {
        this.#deletedBytes = 0;
        await this.#database.compactRange(ENTRIES, END_OF_IDS);
      }
    } catch (error) {
      // They are done with; on a disk that takes no deletion they only come back as duplicates.
      this.#log.warn('drained entries could not be deleted from the spool', { folder: this.folder, error });
    }
  }

  async postpone({ key, event, bytes }: SpoolEntry): Promise<void> {
    const later = entryKey(this.#kept.next, bytes);
    this.#kept.next += 1;
    try {
      await this.#database.batch(
        [put(later, encodeEntry(event)), put(ids(event.id), Buffer.from(later)), { type: 'del', key }],
        { sync: true },
      );
    } catch (error) {
      // It stays where it is, and is tried again.
      this.#isBroken = true;
      this.#log.warn('an entry of the spool that is stuck could not be put behind the others', {
        folder: this.folder,
        error,
      });
      return;
    }
    this.#cursor = key;
    this.#deletedBytes += bytes;
    this.#changes += 1;
    this.#oldest = undefined;
  }

  async check(): Promise<void> {
    if (this.bytes + this.#beside() >= this.#limit)
      throw new Error(`the spool is full: ${this.#kept.events} events, ${this.#kept.bytes} bytes`);
    if (this.#isBroken) await this.#mend();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#database.close();
  }

  /** After a failed write LevelDB takes none until it is opened again; until the disk does, it is good for reading. */
  async #reopen(): Promise<void> {
    if (this.#database.status === 'open') await tryDisk(this.folder);
    await this.#database.close();
    const again = await openDatabase(this.folder, this.#log);
    if (again === 'locked') throw new Error(`${this.folder} was taken by another process`);
    this.#database = again;
    await this.#database.clear({ gt: ENTRIES, lte: this.#cursor });
    await this.#recount();
    this.#isBroken = false;
  }

  /** What LevelDB lost to a damaged block must not be waited for. */
  async #recount(): Promise<void> {
    for (;;) {
      const before = this.#changes;
      const counted = await survey(this.#database, this.#cursor);
      if (before !== this.#changes) continue;
      // A number that was given out belongs to an entry, also while that is being written.
      this.#kept = { ...counted, next: Math.max(counted.next, this.#kept.next) };
      return;
    }
  }

  #mend(): Promise<void> {
    this.#mending ??= this.#reopen().finally(() => (this.#mending = undefined));
    return this.#mending;
  }

  /** Writes whatever waits in one synced batch, and again while more came in the meantime. */
  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0);
      try {
        if (this.#isBroken) await this.#mend();
        await this.#writeGroup(group);
        for (const { event, value, resolve } of group) {
          this.#settled(event.id, value);
          resolve('spooled');
        }
      } catch (error) {
        this.#isBroken = true;
        for (const { event, value, reject } of group) {
          this.#settled(event.id, value);
          reject(error);
        }
      }
    }
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Append[]): Promise<void> {
    const known = await this.#keysOf(group.map(({ event }) => event.id));
    const added = group.filter((_, index) => known[index] === undefined);
    if (added.length === 0) return;
    const operations = added.flatMap(({ event, value }) => {
      const key = entryKey(this.#kept.next, value.length);
      this.#kept.next += 1;
      return [put(key, value), put(ids(event.id), Buffer.from(key))];
    });
    await this.#database.batch(operations, { sync: true });
    this.#changes += 1;
    this.#kept.events += added.length;
    this.#kept.bytes += added.reduce((sum, { value }) => sum + value.length, 0);
    this.#oldest ??= added[0]?.event.receivedAt;
  }

  /** Where the events are that are here already. An id whose entry is gone counts for nothing. */
  async #keysOf(events: readonly EventId[]): Promise<(string | undefined)[]> {
    const keys = (await this.#database.getMany(events.map(ids))).map((key) => key?.toString());
    const sought = keys.filter((key) => key !== undefined && key > this.#cursor) as string[];
    const there = sought.length === 0 ? [] : await this.#database.hasMany(sought);
    const found = new Set(sought.filter((_, index) => there[index]));
    return keys.map((key) => (key !== undefined && found.has(key) ? key : undefined));
  }

  #settled(id: EventId, value: Buffer): void {
    this.#underWay.delete(id);
    this.#pendingBytes -= value.length;
  }

  /** What cannot be read must neither block the others nor be thrown away. */
  async #putAside(key: string, value: Buffer): Promise<void> {
    await this.#database.batch([put(DAMAGED + key, value), { type: 'del', key }], { sync: true });
    this.#changes += 1;
    this.#kept.events -= 1;
    this.#kept.bytes -= value.length;
    this.#counters.damaged();
    this.#log.error('an entry of the spool cannot be read and was put aside', {
      folder: this.folder,
      key: DAMAGED + key,
    });
  }

  async #read(count: number): Promise<SpoolEntry[]> {
    const entries: SpoolEntry[] = [];
    let bytes = 0;
    if (this.#database.status !== 'open') await this.#mend();
    for await (const [key, value] of this.#database.iterator({ gt: this.#cursor, lt: END_OF_ENTRIES })) {
      if (entries.length > 0 && (bytes + value.length > READ_BYTES || value.length > LARGE_BODY_BYTES)) break;
      const event = decodeEntry(value);
      if (event === undefined) await this.#putAside(key, value);
      else entries.push({ key, event, bytes: value.length });
      bytes += value.length;
      if (entries.length >= count || value.length > LARGE_BODY_BYTES) break;
    }
    this.#oldest = entries[0]?.event.receivedAt;
    return entries;
  }
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
