import type { JobFeed, JobFrame, RedisTarget } from '@hookline/core';
import { connect, watchSubscriber } from '../client/connection.ts';
import { every } from '../client/every.ts';
import { pagesOfFrames, readOldest } from './stream.ts';
import type { Partition } from '../client/partition.ts';

export interface RedisJobFeed extends JobFeed {
  close(): void;
}

interface Follower {
  /** The last frame it was given. */
  place: string;
  readonly onFrame: (frame: JobFrame) => void;
}

/** Follows the jobs of any number of partitions that are on one Redis. */
export interface StreamWatch {
  /** As `JobFeed.follow`. */
  follow(
    partition: Partition,
    id: string,
    after: string,
    onFrame: (frame: JobFrame) => void,
  ): Promise<() => void>;
  close(): void;
}

/** A job that somebody follows. */
interface Watch {
  readonly partition: Partition;
  readonly id: string;
  readonly followers: Set<Follower>;
  /** Set while its stream is read; `isStale` asks for another look after that. */
  reading: Promise<void> | undefined;
  isStale: boolean;
}

/** A lost message cannot lose a frame for longer than this. */
const LOOK_AGAIN_MS = 10_000;

/** The feed of one partition's jobs. */
export function createJobFeed(target: RedisTarget, partition: Partition): RedisJobFeed {
  const watch = openStreamWatch(target);
  return {
    follow: (id, after, onFrame) => watch.follow(partition, id, after, onFrame),
    oldest: (id) => readOldest(partition, id),
    close: () => watch.close(),
  };
}

/**
 * Follows streams over one connection of its own, whatever the number of followers: it hears that a job's stream has
 * grown, and the partition's connection reads what is new, once for all followers that stand at the same place.
 */
export function openStreamWatch(target: RedisTarget): StreamWatch {
  const watches = new Map<string, Watch>();
  const subscriber = connect(target, 'worker');
  subscriber.on('error', () => undefined);
  // Whatever was said while the connection was away is in the streams.
  subscriber.on('ready', readAll);
  subscriber.on('message', (channel: string) => {
    const watch = watches.get(channel);
    if (watch !== undefined) read(watch).catch(waitForReady);
  });
  const watch = watchSubscriber(subscriber);
  const lookAgain = every(LOOK_AGAIN_MS, async () => readAll(), waitForReady);

  function readAll(): void {
    for (const watch of watches.values()) read(watch).catch(waitForReady);
  }

  /** One reading at a time for each job, so that nobody is given a frame twice. */
  function read(watch: Watch): Promise<void> {
    watch.isStale = true;
    watch.reading ??= readToEnd(watch).finally(() => (watch.reading = undefined));
    return watch.reading;
  }

  async function readToEnd(watch: Watch): Promise<void> {
    while (watch.isStale) {
      watch.isStale = false;
      for (const [place, followers] of byPlace(watch)) await readFor(watch, place, followers);
    }
  }

  async function readFor(
    { partition, id, followers }: Watch,
    place: string,
    those: readonly Follower[],
  ): Promise<void> {
    for await (const frames of pagesOfFrames(partition, id, place)) {
      for (const frame of frames) {
        for (const follower of those) {
          if (!followers.has(follower)) continue;
          follower.place = frame.id;
          follower.onFrame(frame);
        }
      }
      // Who cannot keep up with a long history leaves, and comes back for the rest of it.
      if (!those.some((follower) => followers.has(follower))) return;
    }
  }

  function unfollow(channel: string, watch: Watch, follower: Follower): void {
    watch.followers.delete(follower);
    if (watch.followers.size > 0 || watches.get(channel) !== watch) return;
    watches.delete(channel);
    subscriber.unsubscribe(channel).catch(() => undefined);
  }

  return {
    async follow(partition, id, after, onFrame) {
      const channel = partition.keys.job(id);
      const fresh = { partition, id, followers: new Set<Follower>(), reading: undefined, isStale: false };
      const watch: Watch = watches.get(channel) ?? fresh;
      const follower: Follower = { place: after, onFrame };
      watches.set(channel, watch);
      watch.followers.add(follower);
      try {
        await subscriber.subscribe(channel);
        await read(watch);
      } catch (error) {
        unfollow(channel, watch, follower);
        throw error;
      }
      return () => unfollow(channel, watch, follower);
    },
    close() {
      void lookAgain.stop();
      void watch.stop();
      watches.clear();
      subscriber.disconnect();
    },
  };
}

/** Redis is away: what was missed is read when it is back. */
function waitForReady(): void {}

function byPlace({ followers }: Watch): Map<string, Follower[]> {
  const places = new Map<string, Follower[]>();
  for (const follower of followers) {
    const those = places.get(follower.place);
    if (those === undefined) places.set(follower.place, [follower]);
    else those.push(follower);
  }
  return places;
}
