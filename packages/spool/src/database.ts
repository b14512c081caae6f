import type { Logger } from '@hookline/core';
import { ClassicLevel } from 'classic-level';
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** LevelDB: an append-only log that is synced once for a batch, tables that it makes of it, one process at a time. */
export type Database = ClassicLevel<string, Buffer>;

/**
 * Opens the database in a folder, which is made when it is missing, private to its owner. A damaged one is repaired:
 * LevelDB keeps what its checksums say is whole.
 * @returns `locked` when another process has it open
 * @throws Error with LevelDB's reason, when the disk refuses or the repair failed
 */
export async function openDatabase(folder: string, log: Logger): Promise<Database | 'locked'> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  // A synced file is lost with its folder's name, so that is synced too.
  if (made !== undefined) await syncFolder(dirname(made));
  const first = await tryOpen(folder);
  if (typeof first !== 'string') return first;
  if (first === 'locked') return first;
  log.error('the spool is damaged; repairing it', { folder, error: first });
  await ClassicLevel.repair(folder);
  const second = await tryOpen(folder);
  if (typeof second !== 'string' || second === 'locked') return second as Database | 'locked';
  throw new Error(second);
}

/** @returns the database, `locked`, or how it is damaged */
async function tryOpen(folder: string): Promise<Database | string> {
  const database: Database = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  try {
    await database.open();
    return database;
  } catch (error) {
    const { code, message } = causeOf(error);
    if (code === 'LEVEL_LOCKED') return 'locked';
    const isTorn = /No such file/.test(message) && existsSync(join(folder, 'CURRENT'));
    if (code === 'LEVEL_CORRUPTION' || isTorn) return message;
    throw new Error(message, { cause: error });
  }
}

/** What LevelDB said; the error around it says only that the database is not open. */
function causeOf(error: unknown): { readonly code: unknown; readonly message: string } {
  const { cause, code, message } = Object(error) as Readonly<Record<string, unknown>>;
  return cause === undefined ? { code, message: String(message) } : causeOf(cause);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Not every system can sync a folder (Windows cannot).
  } finally {
    await handle.close();
  }
}
