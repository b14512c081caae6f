import { STREAM_START, type JobFrame } from '@hookline/core';
import type { Connection } from './connection.ts';

const BATCH = 1_000;

/** Every frame of a stream behind a place, oldest first. */
export async function readFrames(
  connection: Connection,
  stream: string,
  after: string = STREAM_START,
): Promise<JobFrame[]> {
  const frames: JobFrame[] = [];
  for (;;) {
    const place = frames.at(-1)?.id ?? after;
    const entries = await connection.xrange(stream, `(${place}`, '+', 'COUNT', BATCH);
    for (const [id, flat] of entries) frames.push(frameFrom(id, flat));
    if (entries.length < BATCH) return frames;
  }
}

function frameFrom(id: string, flat: readonly string[]): JobFrame {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  const { type = '', ...rest } = fields;
  return { id, type: type as JobFrame['type'], fields: rest };
}
