import { setTimeout as wait } from 'node:timers/promises';
import { announcementOf, type Logger, type RedisTarget } from '@hookline/core';
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

/** Says every few seconds that this worker cannot start without Redis: it would wait in silence for ever. */
export function tellStarting({ target, log }: WorkerOptions): NodeJS.Timeout {
  const began = Date.now();
  return setInterval(
    () =>
      log.warn('waiting for Redis; a worker cannot start without it', {
        redis: shownAddress(target),
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

/** Makes this process and what it runs known to the others; tries until Redis answers. */
export async function join(
  { target, prefix, registry, status, now = Date.now, ...options }: WorkerOptions,
  running: RunningAttempts,
  partition: Partition,
) {
  const slots = [...registry.queues].reduce((sum, queue) => sum + concurrencyOf(options, queue), 0);
  const published = publishStatus({
    target,
    prefix,
    role: 'worker',
    version: status?.version ?? 'unknown',
    detail: async () => ({
      queues: [...registry.queues].join(' '),
      slots,
      ...atWork(running),
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
function atWork({ all, oldest }: RunningAttempts): StatusDetail {
  return {
    running: all.length,
    ...(oldest === undefined ? {} : { current: oldest.workId, current_since: oldest.startedAt }),
  };
}
