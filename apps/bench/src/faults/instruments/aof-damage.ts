import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Absolute paths of the append-only files in a server's folder, newest first, as its manifest names them. */
export function aofFiles(dir: string): readonly string[] {
  const folder = join(dir, 'appendonlydir');
  const manifest = readFileSync(join(folder, 'appendonly.aof.manifest'), 'utf8');
  return [...manifest.matchAll(/^file (\S+) seq (\d+) type ([bi])/gm)]
    .toSorted(([, , a, kindA], [, , b, kindB]) => {
      // What was written since counts before the base that a rewrite made.
      if (kindA !== kindB) return kindA === 'i' ? -1 : 1;
      return Number(b) - Number(a);
    })
    .flatMap(([, name]) => (name === undefined ? [] : join(folder, name)));
}

/** The file that the server writes to. */
export function newestAofFile(dir: string): string {
  const [newest] = aofFiles(dir);
  if (newest === undefined) throw new Error(`${dir} has no append-only file`);
  return newest;
}

/** Leaves the newest file as a power cut in the middle of a write does. */
export function tearTail(dir: string): void {
  appendFileSync(newestAofFile(dir), '*3\r\n$3\r\nSET\r\n$12\r\nhalf-wri');
}

/**
 * Flips the lowest bit of one byte, `offset` bytes into the first `marker` that any of the files has.
 * @throws Error when none has it
 */
export function flipByte(dir: string, marker: Buffer, offset: number): void {
  for (const file of aofFiles(dir)) {
    const content = readFileSync(file);
    const found = content.indexOf(marker);
    if (found === -1) continue;
    const at = found + offset;
    const byte = content[at];
    if (byte === undefined) throw new Error(`${file} ends before byte ${at}`);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.of(byte ^ 1), 0, 1, at);
    closeSync(handle);
    return;
  }
  throw new Error(`no append-only file in ${dir} holds ${JSON.stringify(marker.toString('latin1'))}`);
}
