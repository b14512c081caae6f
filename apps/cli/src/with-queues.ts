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
/** One of several may be known to be away. */
const EACH_DEADLINE_MS = 1_000;

export async function withQueues<Answer>(
  { layout }: CliConfig,
  use: (queues: OpenQueues) => Promise<Answer>,
): Promise<Answer> {
  const queues = await openQueues({ layout, log: NO_LOG });
  const patience = layout.length === 1 ? REDIS_DEADLINE_MS : EACH_DEADLINE_MS;
  try {
    await Promise.all(
      queues.partitions.all.map(({ connection }, number) =>
        readyOrRefused(connection, (layout[number] ?? layout[0]).target, patience),
      ),
    );
    return await use(queues);
  } finally {
    await queues.close();
  }
}

export function readSchedules(config: CliConfig): Promise<readonly ScheduleSummary[]> {
  return withQueues(config, async (queues) => listSchedules(queues.partitions, await queues.list()));
}
