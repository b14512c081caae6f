import { setTimeout as wait } from 'node:timers/promises';
import {
  basePrefixOf,
  type Announcement,
  type Layout,
  type Logger,
  type PartitionAddress,
} from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { connect, type Connection } from '../client/connection.ts';
import { createKeys } from '../client/keys.ts';
import { LayoutError, requireLayout } from '../client/kept-layout.ts';
import { namingRedis } from '../client/naming-redis.ts';
import type { Partition } from '../client/partition.ts';
import { readyOrRefused, refusalOf } from '../client/refusal.ts';
import { serverProblem, UnfitServerError } from '../client/server-facts.ts';
import { shownAddress } from '../client/shown-address.ts';
import { keepArrivals } from '../events/arrivals.ts';
import { reportConnection } from '../client/report-connection.ts';
import { publishStatus, type StatusDetail } from '../fleet/heartbeat.ts';
import type { RunningAttempts } from '../run/running-attempts.ts';
import type { WorkerOptions } from './options.ts';
import { concurrencyOf } from './queues.ts';

const TELL_MS = 5_000;
const JOIN_RETRY_MS = 20;

/** Says every few seconds that this worker waits for a Redis: it would do so in silence for ever. */
export function tellStarting({ target, prefix }: PartitionAddress, log: Logger): NodeJS.Timeout {
  const began = Date.now();
  return setInterval(
    () =>
      log.warn('waiting for Redis; a worker cannot start without it', {
        redis: shownAddress(target),
        prefix,
        forMs: Date.now() - began,
      }),
    TELL_MS,
  );
}

/** @throws UnfitServerError when this Redis may throw data away; LayoutError when it has other partitions than this layout */
export async function connectFit(
  { target, prefix }: PartitionAddress,
  layout: Layout,
  log: Logger,
): Promise<Connection> {
  const connection = connect(target, 'worker');
  reportConnection(connection, namingRedis(log, layout, target, prefix));
  try {
    await readyOrRefused(connection, target);
    const problem = await serverProblem(connection, createKeys(prefix).commitBarrier);
    if (problem !== undefined) throw new UnfitServerError(problem);
    await requireLayout(createPartition(connection, basePrefixOf(layout)), layout, target, 'claim');
    return connection;
  } catch (error) {
    connection.disconnect();
    throw refusalOf(error, target) ?? error;
  }
}

export interface Joining {
  /** What names the process here, and in every other partition. */
  readonly process: string;
  readonly announcement: Announcement;
  /** What runs in the whole process. */
  readonly running: () => readonly RunningAttempts[];
}

/**
 * Makes this process and what it runs known to the others in one partition; tries until Redis answers.
 * @throws LayoutError when the number of partitions is changed by now
 */
export async function join(
  { registry, status, layout, ...options }: WorkerOptions,
  { target, prefix }: PartitionAddress,
  partition: Partition,
  { process: id, announcement, running }: Joining,
) {
  const slots = [...registry.queues].reduce((sum, queue) => sum + concurrencyOf(options, queue), 0);
  const published = publishStatus({
    target,
    prefix,
    id,
    role: 'worker',
    version: status?.version ?? 'unknown',
    detail: async () => ({
      queues: [...registry.queues].join(' '),
      slots,
      ...atWork(running()),
      ...(await status?.detail()),
    }),
    announcement,
  });
  const base = createPartition(partition.connection, basePrefixOf(layout));
  for (;;) {
    try {
      await keepArrivals(partition, registry);
      await published.publish();
      await keepArrivals(partition, registry);
      // Who moves everything waits for those that are known here: from now on, this one is.
      await requireLayout(base, layout, target, 'look');
      return published;
    } catch (error) {
      const refusal = refusalOf(error, target);
      if (refusal !== undefined) throw refusal;
      if (error instanceof LayoutError) {
        await published.stop();
        partition.connection.disconnect();
        throw error;
      }
      await wait(JOIN_RETRY_MS);
    }
  }
}

/** How much runs here, and what has for longest: who looks for a handler that hangs begins there. */
function atWork(running: readonly RunningAttempts[]): StatusDetail {
  const [oldest] = running
    .flatMap((each) => each.oldest ?? [])
    .toSorted((one, other) => one.startedAt - other.startedAt);
  return {
    running: running.reduce((sum, { all }) => sum + all.length, 0),
    ...(oldest === undefined ? {} : { current: oldest.workId, current_since: oldest.startedAt }),
  };
}
