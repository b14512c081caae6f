import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';

/** What is kept here is about customers: nobody else on this machine may read it. */
export const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const;
export const PRIVATE_FILE = { mode: 0o600 } as const;

/** Writes a file or replaces it, for its owner alone. Written beside and renamed: a reader never sees half of it. */
export async function writeWhole(file: string, content: string | Uint8Array | Readable): Promise<void> {
  await mkdir(dirname(file), PRIVATE_FOLDER);
  await replaceWhole(file, (draft) => writeFile(draft, content, PRIVATE_FILE));
}

/** The same for whoever writes the draft in a way of his own; a draft that fails is removed. */
export async function replaceWhole(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await write(draft);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
