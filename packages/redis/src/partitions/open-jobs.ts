import { NO_METER, type JobService, type Layout, type Logger, type RedisTarget } from '@hookline/core';
import { createPartitions } from '../bullmq/open-partitions.ts';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { openStreamWatch, type RedisJobFeed, type StreamWatch } from '../jobs/feed.ts';
import { readOldest } from '../jobs/stream.ts';
import { findJob } from './find-job.ts';
import { openGated } from './gated.ts';
import { createJobStore } from './job-store.ts';

export interface JobsOptions {
  readonly layout: Layout;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly retention: number;
  /** What a 2xx stands for. Default `memory`. */
  readonly ack?: AckLevel;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What a receiver needs for its job API: one connection for all requests, one for all that follow jobs, to each Redis. */
export interface Jobs {
  readonly service: JobService;
  readonly feed: RedisJobFeed;
  /** Tells the workers what `ctx.finishUrl` begins with, as soon as Redis can be told. */
  announceUrl(url: string): void;
  close(): void;
}

/**
 * Opens the job service, with or without Redis: while it is away, every call rejects at once.
 * @throws UnfitServerError when Redis can be reached and may not hold jobs, or not as durably as `ack` says
 */
export async function openJobs({
  layout,
  retention,
  ack = 'memory',
  log,
  now = Date.now,
}: JobsOptions): Promise<Jobs> {
  // What is to be said of Redis and counted, the event store does.
  const gated = await openGated(layout, { ack, log, meter: NO_METER, now, quiet: true });
  const [home, ...others] = gated;
  const partitions = createPartitions([home.partition, ...others.map(({ partition }) => partition)]);
  const gates = new Map(gated.map(({ partition, gate }) => [partition, gate]));
  const feed = openFeed(partitions, new Map(gated.map(({ partition, target }) => [partition, target])));
  return {
    service: createJobStore({
      partitions,
      retention,
      gateOf: (partition) => gates.get(partition) ?? home.gate,
      now,
    }),
    feed,
    announceUrl(url) {
      for (const { connection, keys } of partitions.all) {
        const announce = () => void connection.set(keys.publicUrl, url).catch(() => undefined);
        connection.on('ready', announce);
        if (connection.status === 'ready') announce();
      }
    },
    close() {
      feed.close();
      for (const { gate } of gated) gate.close();
    },
  };
}

/** The jobs of all partitions, each followed where it is. */
function openFeed(partitions: Partitions, targets: ReadonlyMap<Partition, RedisTarget>): RedisJobFeed {
  const watches = new Map<RedisTarget, StreamWatch>();
  for (const target of targets.values())
    if (!watches.has(target)) watches.set(target, openStreamWatch(target));
  const holder = async (id: string) => (await findJob(partitions, id)) ?? partitions.ofId(id);
  return {
    async follow(id, after, onFrame) {
      const partition = await holder(id);
      const target = targets.get(partition);
      const watch = target && watches.get(target);
      if (watch === undefined) throw new Error('there is no such partition');
      return watch.follow(partition, id, after, onFrame);
    },
    oldest: async (id) => readOldest(await holder(id), id),
    close() {
      for (const watch of watches.values()) watch.close();
    },
  };
}
