import { STREAM_START, type JobFrame } from '@hookline/core';
import type { Connection } from '../client/connection.ts';

/** A step may hold 64 KiB: this bounds what a long history takes of our memory at a time. */
const BATCH = 200;

/** The frames of a stream behind a place, oldest first, a few at a time. */
export async function* batchesOfFrames(
  connection: Connection,
  stream: string,
  after: string = STREAM_START,
): AsyncGenerator<readonly JobFrame[]> {
  for (let place = after; ;) {
    const entries = await connection.xrange(stream, `(${place}`, '+', 'COUNT', BATCH);
    const frames = entries.map(([id, flat]) => frameFrom(id, flat));
    if (frames.length > 0) yield frames;
    if (frames.length < BATCH) return;
    place = frames.at(-1)?.id ?? place;
  }
}

/** All of them. */
export async function readFrames(
  connection: Connection,
  stream: string,
  after: string = STREAM_START,
): Promise<JobFrame[]> {
  const frames: JobFrame[] = [];
  for await (const batch of batchesOfFrames(connection, stream, after)) frames.push(...batch);
  return frames;
}

function frameFrom(id: string, flat: readonly string[]): JobFrame {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  const { type = '', ...rest } = fields;
  return { id, type: type as JobFrame['type'], fields: rest };
}
