import type { JobRecord, JobStep } from '@hookline/core';
import { stepFromFields, SUMMARY_FIELDS, summaryFromRow, type SummaryRow } from './record.ts';
import { frameOf, PAGE_BYTES } from './stream.ts';
import type { Partition } from '../client/partition.ts';

type Entry = Parameters<typeof frameOf>[0];
type Page = [run: Buffer | null, steps: Buffer | null, frames: Entry[], place: Buffer, summary: SummaryRow];

/**
 * A job with the newest of its steps, read a page at a time.
 * @param outputBytes the most bytes of steps
 * @returns undefined where there is no such job
 */
export async function showJob(
  partition: Partition,
  id: string,
  outputBytes: number,
): Promise<JobRecord | undefined> {
  const first = await readPage(partition, id, '+', Math.min(PAGE_BYTES, outputBytes));
  const job = summaryFromRow(id, first[4]);
  if (job === undefined) return undefined;
  const newestFirst: JobStep[] = [];
  let left = outputBytes;
  for (let [run, , frames, place] = first; ;) {
    for (const frame of frames) {
      left -= bytesOf(frame);
      if (left >= 0) newestFirst.push(stepFromFields(frameOf(frame).fields));
    }
    if (left <= 0 || place.length === 0) break;
    [run, , frames, place] = await readPage(partition, id, place.toString(), PAGE_BYTES);
    // Begun anew meanwhile: steps of two runs are none of either.
    if (String(run) !== String(first[0])) return showJob(partition, id, outputBytes);
  }
  const output = newestFirst.toReversed();
  const isCut = Number(first[1] ?? 0) > 0 ? output[0]?.step !== 1 : (output[0]?.step ?? 1) > 1;
  return { ...job, output, ...(isCut ? { outputTruncated: true } : {}) };
}

async function readPage(partition: Partition, id: string, before: string, bytes: number): Promise<Page> {
  const { keys } = partition;
  const reply = await partition.run('show-job', {
    keys: { job: keys.job(id), stream: keys.jobStream(id) },
    args: { id, before, bytes },
    lists: { summary: SUMMARY_FIELDS },
  });
  return reply as Page;
}

function bytesOf([, fields]: Entry): number {
  return fields.reduce((sum, field) => sum + field.length, 0);
}
