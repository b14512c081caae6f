import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JobFrame } from '@hookline/core';
import { newJob, openBench, type Bench } from '../support.ts';

const KIB = 1_024;

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

/** A running job whose stream holds these steps, each of so many bytes. */
async function talked(first: number, last: number, bytes: number): Promise<string> {
  const { id } = newJob('talks', null);
  const { keys } = bench.partition;
  await bench.jobs().create([{ ...newJob('talks', null), id }]);
  const data = JSON.stringify('é'.repeat(bytes / 2));
  const pipeline = bench.redis.pipeline().hset(keys.job(id), 'status', 'processing', 'step', last);
  if (first === 1) pipeline.xadd(keys.jobStream(id), '*', 'type', 'started', 'timestamp', 1);
  for (let step = first; step <= last; step += 1) {
    const numbers = ['step', step, 'timestamp', step, 'processingTime', step];
    pipeline.xadd(keys.jobStream(id), '*', 'type', 'progress', ...numbers, 'data', data);
  }
  for (const [error] of (await pipeline.exec()) ?? []) expect(error).toBeNull();
  return id;
}

const sizeOf = ({ type, fields }: JobFrame) =>
  Object.entries({ type, ...fields }).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
const bytesRead = () => (bench.redis as unknown as { stream: { bytesRead: number } }).stream.bytesRead;
const stepOf = ({ fields }: JobFrame) => Number(fields['step'] ?? 0);

describe('a long history', () => {
  it('is followed by pages of 256 KiB or 500 steps, whole and in order: 12 MB were held at a time', async () => {
    const feed = bench.feed();
    for (const [steps, bytes] of [
      [200, 60 * KIB],
      [1_200, 10],
    ] as const) {
      const id = await talked(1, steps, bytes);
      const frames: JobFrame[] = [];
      const pages: JobFrame[][] = [];
      let page: JobFrame[] = [];
      const onFrame = (frame: JobFrame) => {
        frames.push(frame);
        // What is read in one go is given in one go.
        if (page.push(frame) === 1)
          queueMicrotask(() => {
            pages.push(page);
            page = [];
          });
      };
      (await feed.follow(id, '0-0', onFrame))();
      expect(frames.map(stepOf)).toEqual(Array.from({ length: steps + 1 }, (_, n) => n));
      expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(500);
      const sizes = pages.map((each) => each.reduce((sum, frame) => sum + sizeOf(frame), 0));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * KIB);

      const resumed: number[] = [];
      (await feed.follow(id, frames.at(-3)?.id ?? '', (frame) => resumed.push(stepOf(frame))))();
      expect(resumed).toEqual([steps - 1, steps]);
    }
  });

  it('is shown by its newest 4 MiB, and says so: all of it was read at once', async () => {
    const id = await talked(1, 100, 60 * KIB);
    const before = bytesRead();
    const job = await bench.jobs().get(id);
    expect(bytesRead() - before).toBeLessThan(4.6 * 1_024 * KIB);
    const steps = job?.output.map(({ step }) => step) ?? [];
    expect(job?.outputTruncated).toBe(true);
    expect(steps.at(-1)).toBe(100);
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, n) => 101 - steps.length + n));
    expect(Buffer.byteLength(JSON.stringify(job?.output))).toBeGreaterThan(4_000 * KIB);
    expect(Buffer.byteLength(JSON.stringify(job?.output))).toBeLessThanOrEqual(4_096 * KIB);
    expect((await bench.jobs().get(id, 200 * KIB))?.output.map(({ step }) => step)).toEqual([98, 99, 100]);
    expect(await bench.jobs().get(id, 0)).toMatchObject({ status: 'processing', output: [] });
  });

  it('of small steps is shown whole, with no word of anything missing', async () => {
    const id = await talked(1, 5_000, 100);
    const job = await bench.jobs().get(id);
    expect(job?.output.map(({ step }) => step)).toEqual(Array.from({ length: 5_000 }, (_, n) => n + 1));
    expect(job).not.toHaveProperty('outputTruncated');
  });

  it('is shown of one run, though the job begins anew while it is read', async () => {
    const id = await talked(1, 40, 60 * KIB);
    const { connection, keys } = bench.partition;
    await connection.hset(keys.job(id), 'status', 'failed');
    const reading = bench.jobs().get(id);
    const retried = bench.jobs().retry(id);
    const job = await reading;
    await retried;
    expect([0, 40]).toContain(job?.output.length);
    expect(job?.status).toBe(job?.output.length === 0 ? 'pending' : 'failed');
  });
});

describe('a history whose beginning was cut away', () => {
  it('says so, and where it begins: nobody was told', async () => {
    const id = await talked(151, 160, 10);
    const job = await bench.jobs().get(id);
    expect(job).toMatchObject({ outputTruncated: true });
    expect(job?.output[0]?.step).toBe(151);
    const [[place] = ['']] = await bench.redis.xrange(
      bench.partition.keys.jobStream(id),
      '-',
      '+',
      'COUNT',
      1,
    );
    expect(await bench.feed().oldest(id)).toEqual({ place, dropped: 150 });
  });

  it('says so where no step is left at all, and where none is missing', async () => {
    const feed = bench.feed();
    const { connection, keys } = bench.partition;
    const cut = await talked(1, 7, 10);
    await connection.del(keys.jobStream(cut));
    await connection.xadd(keys.jobStream(cut), '5-1', 'type', 'completed', 'result', '1');
    expect(await feed.oldest(cut)).toEqual({ place: '5-1', dropped: 7 });
    expect(await bench.jobs().get(cut)).toMatchObject({ output: [], outputTruncated: true });
    expect(await feed.oldest(await talked(1, 3, 10))).toMatchObject({ dropped: 0 });
    expect(await feed.oldest('nobody')).toBeUndefined();
  });
});
