import { NO_LOG } from '@hookline/core';
import {
  listSchedules,
  openQueues,
  readyOrRefused,
  type OpenQueues,
  type ScheduleSummary,
} from '@hookline/redis';
import type { CliConfig } from './config.ts';

/** Who asks has talked to Redis a moment ago. */
const REDIS_DEADLINE_MS = 5_000;

export async function withQueues<Answer>(
  { redis: target, prefix }: CliConfig,
  use: (queues: OpenQueues) => Promise<Answer>,
): Promise<Answer> {
  const queues = await openQueues({ target, prefix, log: NO_LOG });
  try {
    await readyOrRefused(queues.partition.connection, target, REDIS_DEADLINE_MS);
    return await use(queues);
  } finally {
    await queues.close();
  }
}

export function readSchedules(config: CliConfig): Promise<readonly ScheduleSummary[]> {
  return withQueues(config, async (queues) => listSchedules(queues.partition, await queues.list()));
}
