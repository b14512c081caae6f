import { NO_LOG, type History } from '@hookline/core';
import { EventLog } from '@hookline/operations';
import type { Partitions } from '@hookline/redis';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CliConfig } from './config.ts';
import { withRedis } from './with-redis.ts';

export interface OpenEventLog extends EventLog {
  close(): Promise<void>;
}

/** Opens what there is to tell of events; the history only once it is asked for. */
export function openEventLog(config: CliConfig, partitions: Partitions): OpenEventLog {
  let opening: Promise<History | undefined> | undefined;
  const log = new EventLog({
    partitions,
    sources: config.sources,
    history: () => (opening ??= openHistoryOf(config)),
  });
  const close = async () => (await opening?.catch(() => undefined))?.close();
  return Object.assign(log, { close });
}

/** Runs a command on what there is to tell of events. */
export function withEventLog(config: CliConfig, use: (log: EventLog) => Promise<number>): Promise<number> {
  return withRedis(config, async (partitions) => {
    const log = openEventLog(config, partitions);
    try {
      return await use(log);
    } finally {
      await log.close();
    }
  });
}

/** `undefined` where none is kept, or none is on this machine. */
async function openHistoryOf({ historyUrl, dataDir }: CliConfig): Promise<History | undefined> {
  if (historyUrl === 'off') return undefined;
  // To look is not to make one: the dashboard does that, perhaps on another machine.
  if (historyUrl === undefined && !existsSync(join(dataDir, 'history.db'))) return undefined;
  // Only now: most commands need no database, and would wait for its libraries to be read.
  const { openHistory } = await import('@hookline/history');
  return openHistory(historyUrl ?? { folder: dataDir }, { log: NO_LOG });
}
