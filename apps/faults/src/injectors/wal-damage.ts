import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const HEADER = 32;
const FRAME_HEADER = 24;
const SALTS = 8;

/**
 * Leaves the write-ahead log of a SQLite file as a power cut in the middle of a transaction does: behind the last one
 * that was committed stand a whole page and a piece of another, without their commit. What other processes shared of
 * the log in memory is gone.
 * @param bytes how much of the last frame came to the disk
 */
export function tearWal(file: string, bytes: number): void {
  rmSync(`${file}-shm`, { force: true });
  const wal = `${file}-wal`;
  if (!existsSync(wal)) return;
  const content = readFileSync(wal);
  if (content.length < HEADER) return;
  const page = content.readUInt32BE(8);
  const end = endOfCommits(content);
  const frame = Buffer.alloc(FRAME_HEADER + page, 0x5a);
  frame.writeUInt32BE(2, 0);
  frame.writeUInt32BE(0, 4);
  content.copy(frame, SALTS, 16, 16 + SALTS);
  const handle = openSync(wal, 'r+');
  ftruncateSync(handle, end);
  writeSync(handle, Buffer.concat([frame, frame.subarray(0, bytes)]), 0, frame.length + bytes, end);
  closeSync(handle);
}

/** Where the last frame ends that commits a transaction; frames of an earlier use of the file have other salts. */
export function endOfCommits(content: Buffer): number {
  const size = FRAME_HEADER + content.readUInt32BE(8);
  const salts = content.subarray(16, 16 + SALTS);
  let end = HEADER;
  for (let at = HEADER; at + size <= content.length; at += size) {
    if (!content.subarray(at + SALTS, at + 2 * SALTS).equals(salts)) break;
    if (content.readUInt32BE(at + 4) !== 0) end = at + size;
  }
  return end;
}
