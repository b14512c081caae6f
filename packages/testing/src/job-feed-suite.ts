import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { STREAM_START, type JobFeed, type JobFrame, type JobService } from '@hookline/core';
import { casesOf, type Case, type Opened } from './suite.ts';

/** What every job feed promises; the service is that of the same jobs. Jobs named `default` must be known to it. */
export function jobFeedSuite(
  open: () => Promise<Opened<{ readonly feed: JobFeed; readonly service: JobService }>>,
): readonly Case[] {
  return casesOf(open, {
    'gives what is there, and then nothing twice': async ({ feed, service }) => {
      const id = await cancelled(service);
      const first: JobFrame[] = [];
      const stop = await feed.follow(id, STREAM_START, (frame) => first.push(frame));
      assert.deepEqual(
        first.map(({ type }) => type),
        ['failed'],
      );
      stop();
      const again: JobFrame[] = [];
      const stopAgain = await feed.follow(id, first[0]?.id ?? '', (frame) => again.push(frame));
      stopAgain();
      assert.deepEqual(again, []);
    },
    'gives each frame as it comes, to everybody who follows': async ({ feed, service }) => {
      const id = await created(service);
      const seen: [JobFrame[], JobFrame[]] = [[], []];
      const stops = [
        await feed.follow(id, STREAM_START, (frame) => seen[0].push(frame)),
        await feed.follow(id, STREAM_START, (frame) => seen[1].push(frame)),
      ];
      await service.cancel(id);
      await until(() => seen.every(({ length }) => length === 1));
      for (const stop of stops) stop();
      assert.deepEqual(seen[0], seen[1]);
      assert.equal(JSON.parse(seen[0][0]?.fields['error'] ?? '{}').name, 'CancelledError');
    },
    'says where the frames that are kept begin': async ({ feed, service }) => {
      assert.equal(await feed.oldest(randomUUID()), undefined);
      assert.equal(await feed.oldest(await created(service)), undefined);
      const id = await cancelled(service);
      const frames: JobFrame[] = [];
      const stop = await feed.follow(id, STREAM_START, (frame) => frames.push(frame));
      stop();
      assert.deepEqual(await feed.oldest(id), { place: frames[0]?.id, dropped: 0 });
    },
    'gives nothing to who has left': async ({ feed, service }) => {
      const id = await created(service);
      const left: JobFrame[] = [];
      const stays: JobFrame[] = [];
      const leave = await feed.follow(id, STREAM_START, (frame) => left.push(frame));
      const stop = await feed.follow(id, STREAM_START, (frame) => stays.push(frame));
      leave();
      await service.cancel(id);
      await until(() => stays.length === 1);
      stop();
      assert.deepEqual(left, []);
    },
  });
}

async function created(service: JobService): Promise<string> {
  const id = randomUUID();
  await service.create([{ id, name: 'default', data: null, priority: 5 }]);
  return id;
}

async function cancelled(service: JobService): Promise<string> {
  const id = await created(service);
  await service.cancel(id);
  return id;
}

const WITHIN_MS = 10_000;

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + WITHIN_MS; !holds();) {
    assert.ok(performance.now() < end, 'it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
