import { createPartition } from '../bullmq/add-job.ts';
import { NO_LOG, NO_METER, type JobService, type Logger, type RedisTarget } from '@hookline/core';
import { connect } from '../client/connection.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { reportConnection } from '../client/report-connection.ts';
import { openGate } from '../gate/gate.ts';
import { createJobFeed, type RedisJobFeed } from './feed.ts';
import { createJobStore } from './store.ts';

export interface JobsOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly retention: number;
  /** What a 2xx stands for. Default `memory`. */
  readonly ack?: AckLevel;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What a receiver needs for its job API: one connection for all requests, one for all that follow jobs. */
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
  target,
  prefix,
  retention,
  ack = 'memory',
  log,
  now = Date.now,
}: JobsOptions): Promise<Jobs> {
  const connection = connect(target, 'producer');
  reportConnection(connection, log);
  const partition = createPartition(connection, prefix);
  // What this one would say, the event store's says.
  const gate = await openGate({ partition, target, ack, log: NO_LOG, meter: NO_METER, now });
  const feed = createJobFeed(target, partition);
  return {
    service: createJobStore({ partition, retention, gate, now }),
    feed,
    announceUrl(url) {
      const announce = () => void connection.set(partition.keys.publicUrl, url).catch(() => undefined);
      connection.on('ready', announce);
      if (connection.status === 'ready') announce();
    },
    close() {
      feed.close();
      gate.close();
    },
  };
}
