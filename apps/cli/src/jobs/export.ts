import { fieldOf } from '@hookline/core';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JobTransfer, MovedJob } from '@hookline/redis';
import { formatLine } from './line.ts';
import type { Terminal } from '../terminal.ts';

/** A tracked job's status, or the list that one without a record is in. */
const STATES = ['pending', 'processing', 'succeeded', 'failed', 'waiting', 'delayed', 'active'] as const;
type State = (typeof STATES)[number];
type Counts = Map<State, number>;

/**
 * Writes every job as a line. A file appears when it is whole; only its owner may read it, for it holds jobs' data.
 * @param file standard output when `undefined`
 * @returns the exit code
 */
export async function exportTo(
  file: string | undefined,
  transfer: JobTransfer,
  { stdout, note }: Pick<Terminal, 'stdout' | 'note'>,
): Promise<number> {
  const counts: Counts = new Map();
  const lines = Readable.from(linesOf(transfer, counts));
  if (file === undefined) await pipeline(lines, stdout, { end: false });
  else await writeWhole(file, lines);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = STATES.filter((state) => counts.has(state))
    .map((state) => `${counts.get(state)} ${state}`)
    .join(', ');
  const where = file === undefined ? '' : ` to ${file}`;
  note(`exported ${total} ${total === 1 ? 'job' : 'jobs'}${where}${parts === '' ? '' : `: ${parts}`}`);
  const running = (counts.get('processing') ?? 0) + (counts.get('active') ?? 0);
  if (running > 0)
    note('those that ran begin anew where they are imported: stop the workers before you export');
  return 0;
}

async function* linesOf(transfer: JobTransfer, counts: Counts): AsyncGenerator<string, void, undefined> {
  for await (const job of transfer.export()) {
    const state = stateOf(job);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    yield `${formatLine(job)}\n`;
  }
}

function stateOf(job: MovedJob): State {
  return job.kind === 'tracked' ? job.status : job.state;
}

async function writeWhole(file: string, lines: Readable): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await pipeline(lines, createWriteStream(part, { flags: 'wx', mode: 0o600 }));
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    if (!isOfFiles(cause)) throw cause;
    throw new Error(`${file} cannot be written: ${cause.message}`, { cause });
  }
}

/** The other errors here are Redis's. */
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return ['syscall', 'path'].every((field) => typeof fieldOf(error, field) === 'string');
}
