import { setTimeout as wait } from 'node:timers/promises';
import { announcementOf, type Logger, type PartitionAddress, type RedisTarget } from '@hookline/core';
import { connect, type Connection } from '../client/connection.ts';
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

/** @throws UnfitServerError when this Redis may throw data away */
export async function connectFit(target: RedisTarget, log: Logger): Promise<Connection> {
  const connection = connect(target, 'worker');
  reportConnection(connection, log);
  try {
    await readyOrRefused(connection, target);
    const problem = await serverProblem(connection);
    if (problem === undefined) return connection;
    throw new UnfitServerError(problem);
  } catch (error) {
    connection.disconnect();
    throw refusalOf(error, target) ?? error;
  }
}

/** What runs in the whole process. */
export type AtWork = () => readonly RunningAttempts[];

/**
 * Makes this process and what it runs known to the others in one partition; tries until Redis answers.
 * @param id what names it there, and in every other one
 */
export async function join(
  { registry, status, now = Date.now, ...options }: WorkerOptions,
  { target, prefix }: PartitionAddress,
  partition: Partition,
  id: string,
  running: AtWork,
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
    announcement: announcementOf(registry, now()),
  });
  for (;;) {
    try {
      await keepArrivals(partition, registry);
      await published.publish();
      await keepArrivals(partition, registry);
      return published;
    } catch (error) {
      const refusal = refusalOf(error, target);
      if (refusal !== undefined) throw refusal;
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
