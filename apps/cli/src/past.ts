import type { AuditLine, HistoryPage, PageOptions, RefusalSnapshot } from '@hookline/core';
import { auditPage, refusalsPage, type EventLog } from '@hookline/operations';
import type { CliConfig } from './config.ts';
import { withEventLog } from './open-event-log.ts';

const PAGE = 500;

/** So many of the newest, page by page. */
async function newest<Item>(
  count: number,
  pageAt: (page: PageOptions) => Promise<HistoryPage<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let before: string | undefined; items.length < count;) {
    const limit = Math.min(count - items.length, PAGE);
    const page = await pageAt({ limit, ...(before === undefined ? {} : { before }) });
    items.push(...page.items);
    before = page.next;
    if (before === undefined) break;
  }
  return items;
}

export interface RefusalsAsked {
  readonly count: number;
  readonly source?: string;
  readonly reason?: string;
}

/** The newest refusals first, recorded or not yet. */
export function newestRefusals(
  log: EventLog,
  { count, ...kind }: RefusalsAsked,
): Promise<readonly RefusalSnapshot[]> {
  return newest(count, (page) => refusalsPage(log, { ...page, ...kind }));
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
  { count, ...kind }: { readonly count: number; readonly action?: string },
  show: (lines: readonly AuditLine[]) => void,
): Promise<number> {
  return withEventLog(config, async (log) => {
    show(await newest(count, (page) => auditPage(log, { ...page, ...kind })));
    return 0;
  });
}
