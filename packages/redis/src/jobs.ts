import type { JobService, Logger, RedisTarget } from '@hookline/core';
import { connect, connected } from './connection.ts';
import { reportConnection } from './event-store.ts';
import { createJobFeed, type RedisJobFeed } from './job-feed.ts';
import { createJobStore } from './job-store.ts';
import { createKeys } from './keys.ts';

export interface JobsOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly retention: number;
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

/** Opens the job service, with or without Redis: while it is away, every call rejects at once. */
export async function openJobs({
  target,
  prefix,
  retention,
  log,
  now = Date.now,
}: JobsOptions): Promise<Jobs> {
  const connection = connect(target, 'producer');
  reportConnection(connection, log);
  const feed = createJobFeed(target, connection, prefix);
  await connected(connection);
  return {
    service: createJobStore({ connection, prefix, retention, now }),
    feed,
    announceUrl(url) {
      const announce = () => void connection.set(createKeys(prefix).publicUrl, url).catch(() => undefined);
      connection.on('ready', announce);
      if (connection.status === 'ready') announce();
    },
    close() {
      feed.close();
      connection.disconnect();
    },
  };
}
