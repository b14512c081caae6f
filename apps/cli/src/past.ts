import type { AuditLine, RefusalSnapshot } from '@hookline/core';
import { auditPage, refusalsPage, type EventLog } from '@hookline/operations';
import type { CliConfig } from './config.ts';
import { withEventLog } from './open-event-log.ts';

export interface RefusalsAsked {
  readonly count: number;
  readonly source?: string;
  readonly reason?: string;
}

/** The newest refusals first, recorded or not yet. */
export async function newestRefusals(
  log: EventLog,
  { count: limit, ...kind }: RefusalsAsked,
): Promise<readonly RefusalSnapshot[]> {
  return (await refusalsPage(log, { limit, ...kind })).items;
}

export function tellRefusals(
  config: CliConfig,
  query: RefusalsAsked,
  show: (refusals: readonly RefusalSnapshot[]) => void,
): Promise<number> {
  return withEventLog(config, async (log) => {
    show(await newestRefusals(log, query));
    return 0;
  });
}

export function tellAudit(
  config: CliConfig,
  { count: limit, ...kind }: { readonly count: number; readonly action?: string },
  show: (lines: readonly AuditLine[]) => void,
): Promise<number> {
  return withEventLog(config, async (log) => {
    show((await auditPage(log, { limit, ...kind })).items);
    return 0;
  });
}
