import { appendFileSync, closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
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

/**
 * Leaves the newest file as a power cut in the middle of a write does. A kill may have torn it already: then that half
 * is taken away first, because half a command in the middle is no torn tail.
 */
export function tearTail(dir: string): void {
  const file = newestAofFile(dir);
  truncateSync(file, endOfCommands(readFileSync(file)));
  appendFileSync(file, '*3\r\n$3\r\nSET\r\n$12\r\nhalf-wri');
}

/** Where the last whole command of an append-only file ends: each is an array of strings, `*n`, then `$length` and so many bytes. */
export function endOfCommands(content: Buffer): number {
  let at = 0;
  function number(sign: string): number | undefined {
    const end = content.indexOf('\r\n', at);
    if (end < 0 || content.toString('latin1', at, at + 1) !== sign) return undefined;
    const value = Number(content.toString('latin1', at + 1, end));
    at = end + 2;
    return value;
  }
  for (let whole = 0; ; whole = at) {
    const parts = number('*');
    if (parts === undefined) return whole;
    for (let part = 0; part < parts; part += 1) {
      const length = number('$');
      if (length === undefined || at + length + 2 > content.length) return whole;
      at += length + 2;
    }
  }
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
