import type { History } from '@hookline/core';
import type { EventLog } from '@hookline/operations';
import type { CliConfig } from './config.ts';
import { withEventLog } from './open-event-log.ts';
import type { Write } from './terminal.ts';

/** Runs a command on the history, or says that there is none here. */
export function withHistory(
  config: CliConfig,
  write: Write,
  use: (history: History, log: EventLog) => Promise<number>,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const history = await log.history();
    if (history !== undefined) return use(history, log);
    write(
      "there is no history here: HISTORY_URL is off, or the dashboard keeps it on another machine; set HISTORY_URL to the dashboard's",
    );
    return 1;
  });
}

const DAY_MS = 86_400_000;

/** The last 24 hours. */
export function lastDay(now: number) {
  return { from: now - DAY_MS, until: now };
}
