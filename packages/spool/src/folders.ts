import { explain } from '@hookline/core';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openSpoolAt, type Spool, type SpoolOptions } from './spool.ts';

/** A process has the folder `0`, or the next free number, and for each lane one beside it: `0-<name>`. */
const FOLDER = /^(\d+)(?:-(.+))?$/;

/** A spool that holds what its process could not hand over. */
export interface LeftSpool {
  readonly spool: Spool;
  /** The lane that it is of; `undefined` where its process had none. */
  readonly lane: string | undefined;
}

/** What one process left. It is nobody else's until it is closed. */
export interface LeftSpools {
  readonly spools: readonly LeftSpool[];
  close(): Promise<void>;
}

/**
 * Opens the first folder of `folder/0`, `folder/1` … that no other process has: several receivers can share a disk,
 * and one that is started again finds what it left.
 * @throws Error that names the folder and what to do, when the disk refuses
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  for (let number = 0; ; number += 1) {
    const spool = await openOrExplain({ ...options, folder: join(options.folder, String(number)) });
    if (spool !== 'locked') return spool;
  }
}

/**
 * Opens the spool of a lane. Who has the folder `own` has all lanes of its number.
 * @throws as `openSpool`
 */
export async function openLane(
  options: Omit<SpoolOptions, 'folder'>,
  own: Spool,
  lane: string,
): Promise<Spool> {
  const folder = `${own.folder}-${lane}`;
  const spool = await openOrExplain({ ...options, folder });
  if (spool === 'locked') throw new Error(`the spool ${folder} is open in another process`);
  return spool;
}

/** Opens what lies under the number of `own` in lanes of other names: its process had other partitions then. */
export async function openOtherLanes(
  options: SpoolOptions,
  own: Spool,
  names: readonly string[],
): Promise<Spool[]> {
  const others = foldersOf(options.folder).filter(
    ({ number, lane }) => number === basename(own.folder) && lane !== undefined && !names.includes(lane),
  );
  return Promise.all(others.map(({ lane = '' }) => openLane(options, own, lane)));
}

/** Opens the spools of every number beside `own` that hold events and that no process has; they are the caller's to close. */
export async function openAbandoned(options: SpoolOptions, own: Spool): Promise<LeftSpools[]> {
  const found: LeftSpools[] = [];
  const numbers = new Set(foldersOf(options.folder).map(({ number }) => number));
  numbers.delete(basename(own.folder));
  for (const number of numbers) {
    const folder = join(options.folder, number);
    try {
      const left = await openLeft(options, folder);
      if (left === 'locked') continue;
      if (left.spools.length > 0) found.push(left);
      else await left.close();
    } catch (error) {
      options.log.warn('a spool that another process left cannot be opened', { folder, error });
    }
  }
  return found;
}

async function openLeft(options: SpoolOptions, folder: string): Promise<LeftSpools | 'locked'> {
  const first = await openSpoolAt({ ...options, folder });
  if (first === 'locked') return first;
  const opened: LeftSpool[] = [{ spool: first, lane: undefined }];
  // The first is the lock of its number, and is given back last.
  const close = async () => {
    for (const { spool } of opened.toReversed()) await spool.close();
  };
  try {
    for (const { number, lane } of foldersOf(dirname(folder))) {
      if (number !== basename(folder) || lane === undefined) continue;
      opened.push({ spool: await openLane(options, first, lane), lane });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { spools: opened.filter(({ spool }) => spool.size > 0), close };
}

function foldersOf(
  parent: string,
): readonly { readonly number: string; readonly lane: string | undefined }[] {
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names.flatMap((name) => {
    const [, number, lane] = FOLDER.exec(name) ?? [];
    return number === undefined ? [] : [{ number, lane }];
  });
}

function openOrExplain(options: SpoolOptions): Promise<Spool | 'locked'> {
  return openSpoolAt(options).catch((cause: unknown) => {
    throw new Error(
      `the spool ${options.folder} cannot be opened (${explain(cause)}): ` +
        'let DATA_DIR name a folder that this process can write in, or set SPOOL=off',
      { cause },
    );
  });
}
