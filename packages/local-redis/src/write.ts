import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step: a reader finds the old content or the new. Only its owner may read it. */
export function writePrivately(file: string, content: string): void {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, content, { mode: 0o600 });
  renameSync(partial, file);
}
