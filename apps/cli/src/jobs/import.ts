import { explain } from '@hookline/core';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Imported, JobTransfer, MovedJob } from '@hookline/redis';
import type { Write } from '../terminal.ts';
import { parseLine } from './line.ts';

/** What one atomic step adds at most: Redis does nothing else meanwhile. */
const BATCH_JOBS = 200;
const BATCH_BYTES = 1_000_000;
const PROBLEMS_SHOWN = 10;

/**
 * Adds the jobs of a file. It is read twice: not one job is added while there may still be a bad line.
 * @param source the file's name, or a stream, which is laid into a temporary file
 * @throws Error that lists the bad lines by number
 * @returns the exit code
 */
export async function importFrom(
  source: string | NodeJS.ReadableStream,
  transfer: JobTransfer,
  write: Write,
): Promise<number> {
  if (typeof source === 'string') return importFile(source, source, transfer, write);
  const folder = await mkdtemp(join(tmpdir(), 'hookline-import-'));
  try {
    const file = join(folder, 'jobs.jsonl');
    await pipeline(source, createWriteStream(file, { mode: 0o600 }));
    return await importFile(file, 'standard input', transfer, write);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importFile(file: string, name: string, transfer: JobTransfer, write: Write): Promise<number> {
  await check(file, name);
  const counts: Record<Imported, number> = { queued: 0, finished: 0, known: 0 };
  let [batch, size, done]: [MovedJob[], number, number] = [[], 0, 0];

  async function add(): Promise<void> {
    try {
      for (const outcome of await transfer.import(batch)) counts[outcome] += 1;
    } catch (cause) {
      const text = explain(cause);
      throw new Error(
        `stopped after line ${done} of ${name} (${text}): mend that and import the file again, nothing is added twice`,
        { cause },
      );
    }
    [batch, size] = [[], 0];
  }

  for await (const { number, bytes } of linesOf(file)) {
    if (batch.length === BATCH_JOBS || (batch.length > 0 && size + bytes.length > BATCH_BYTES)) {
      await add();
      done = number - 1;
    }
    batch.push(parseLine(bytes));
    size += bytes.length;
  }
  if (batch.length > 0) await add();
  const { queued, finished, known } = counts;
  write(`imported ${queued + finished} jobs from ${name}: ${queued} queued, ${finished} finished or failed`);
  if (known > 0) write(`left ${known} alone: their ids were there already`);
  return 0;
}

async function check(file: string, name: string): Promise<void> {
  const problems: string[] = [];
  let bad = 0;
  try {
    for await (const { number, bytes } of linesOf(file)) {
      try {
        parseLine(bytes);
      } catch (error) {
        bad += 1;
        if (bad <= PROBLEMS_SHOWN) problems.push(`  line ${number}: ${explain(error)}`);
      }
    }
  } catch (cause) {
    throw new Error(`${name} cannot be read: ${explain(cause)}`, {
      cause,
    });
  }
  if (bad === 0) return;
  if (bad > PROBLEMS_SHOWN) problems.push(`  and ${bad - PROBLEMS_SHOWN} more`);
  throw new Error(
    `nothing is imported: ${name} has ${bad === 1 ? 'a bad line' : `${bad} bad lines`}\n${problems.join('\n')}`,
  );
}

const [LINE_END, CARRIAGE_RETURN, SPACE, TAB] = [0x0a, 0x0d, 0x20, 0x09];

interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly bytes: Buffer;
}

/** Lines that hold something. By bytes: readline also breaks a line at U+2028, which JSON may hold as it is. */
async function* linesOf(file: string): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      const bytes = Buffer.concat([...parts, chunk.subarray(start, end)]);
      if (!isBlank(bytes)) yield { number, bytes };
      [parts, start, number] = [[], end + 1, number + 1];
    }
    parts.push(chunk.subarray(start));
  }
  const bytes = Buffer.concat(parts);
  if (!isBlank(bytes)) yield { number, bytes };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN);
}
