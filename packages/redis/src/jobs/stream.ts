import { STREAM_START, type JobFrame, type OldestFrame } from '@hookline/core';
import type { Partition } from '../client/partition.ts';

/** A history may be 16 MiB, and so many may be read at once: this bounds what each takes of our memory. */
export const PAGE_BYTES = 256 * 1024;

type Entry = readonly [id: Buffer, fields: readonly Buffer[]];

/** The frames of a job's stream behind a place, oldest first, a page at a time. */
export async function* pagesOfFrames(
  partition: Partition,
  id: string,
  after: string = STREAM_START,
): AsyncGenerator<readonly JobFrame[]> {
  for (let place = after, isMore = true; isMore;) {
    const reply = await partition.run('read-frames', {
      keys: { stream: partition.keys.jobStream(id) },
      args: { after: place, bytes: PAGE_BYTES },
    });
    const [entries, more] = reply as [Entry[], number];
    const frames = entries.map(frameOf);
    if (frames.length > 0) yield frames;
    place = frames.at(-1)?.id ?? place;
    isMore = more === 1;
  }
}

/** All of them. */
export async function readFrames(partition: Partition, id: string): Promise<JobFrame[]> {
  const frames: JobFrame[] = [];
  for await (const page of pagesOfFrames(partition, id)) frames.push(...page);
  return frames;
}

/** @returns undefined where there are no frames */
export async function readOldest(partition: Partition, id: string): Promise<OldestFrame | undefined> {
  const { keys } = partition;
  const reply = await partition.run('oldest-frame', {
    keys: { job: keys.job(id), stream: keys.jobStream(id) },
  });
  const [place, dropped] = reply as [Buffer?, number?];
  return place === undefined ? undefined : { place: place.toString(), dropped: dropped ?? 0 };
}

export function frameOf([id, flat]: Entry): JobFrame {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  const { type = '', ...rest } = fields;
  return { id: id.toString(), type: type as JobFrame['type'], fields: rest };
}
