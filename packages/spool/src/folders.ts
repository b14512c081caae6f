import { explain } from '@hookline/core';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSpoolAt, type Spool, type SpoolOptions } from './spool.ts';

/**
 * Opens the first folder of `folder/0`, `folder/1` … that no other process has: several receivers can share a disk,
 * and one that is started again finds what it left.
 * @throws Error that names the folder and what to do, when the disk refuses
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  for (let number = 0; ; number += 1) {
    const folder = join(options.folder, String(number));
    const spool = await openSpoolAt({ ...options, folder }).catch((cause: unknown) => {
      throw new Error(
        `the spool ${folder} cannot be opened (${explain(cause)}): ` +
          'let DATA_DIR name a folder that this process can write in, or set SPOOL=off',
        { cause },
      );
    });
    if (spool !== 'locked') return spool;
  }
}

/** Opens the spools beside `own` that hold events and that no process has; they are the caller's to close. */
export async function openAbandoned(options: SpoolOptions, own: Spool): Promise<Spool[]> {
  const found: Spool[] = [];
  for (const name of existsSync(options.folder) ? readdirSync(options.folder) : []) {
    const folder = join(options.folder, name);
    if (!/^\d+$/.test(name) || folder === own.folder) continue;
    try {
      const spool = await openSpoolAt({ ...options, folder });
      if (spool === 'locked') continue;
      if (spool.size > 0) found.push(spool);
      else await spool.close();
    } catch (error) {
      options.log.warn('a spool that another process left cannot be opened', { folder, error });
    }
  }
  return found;
}
