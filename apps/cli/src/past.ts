import type { AuditLine, History, HistoryPage, PageOptions, RefusalSnapshot } from '@hookline/core';
import { unrecordedAudit, unrecordedRefusals, type Partition } from '@hookline/redis';
import type { CliConfig } from './config.ts';
import type { EventLog } from '@hookline/operations';
import { withEventLog } from './open-event-log.ts';

interface Dated {
  readonly id: string;
  readonly at: number;
}

/** The newest of something first, whether it is recorded yet or still lies in Redis. */
interface Asked<Item extends Dated> {
  readonly count: number;
  readonly fits: (item: Item) => boolean;
  /** As many of the newest as it is told that nobody has recorded yet. */
  held(partition: Partition, most: number): Promise<readonly Item[]>;
  recorded(history: History, page: PageOptions): Promise<HistoryPage<Item>>;
}

/** More are not in Redis. */
const MOST_HELD = 11_000;
const PAGE = 500;

async function newest<Item extends Dated>(
  { count, fits, held, recorded }: Asked<Item>,
  log: EventLog,
): Promise<readonly Item[]> {
  const present = (await held(log.partition, MOST_HELD)).filter(fits);
  const past: Item[] = [];
  const history = await log.history();
  for (let before: string | undefined; history !== undefined && past.length < count;) {
    const limit = Math.min(count, PAGE);
    const page = await recorded(history, { limit, ...(before === undefined ? {} : { before }) });
    past.push(...page.items);
    before = page.next;
    if (before === undefined) break;
  }
  // What is just being recorded is in both.
  const byId = new Map([...past, ...present].map((item) => [item.id, item]));
  return [...byId.values()].toSorted((a, b) => b.at - a.at).slice(0, count);
}

export interface RefusalsAsked {
  readonly count: number;
  readonly source?: string;
  readonly reason?: string;
}

/** The newest refusals first, recorded or not yet. */
export function newestRefusals(log: EventLog, query: RefusalsAsked): Promise<readonly RefusalSnapshot[]> {
  const { count, ...kind } = query;
  const { source, reason } = kind;
  return newest(
    {
      count,
      fits: (refusal) =>
        (source === undefined || refusal.source === source) &&
        (reason === undefined || refusal.reason === reason),
      held: unrecordedRefusals,
      recorded: (history, page) => history.refusals({ ...page, ...kind }),
    },
    log,
  );
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
  query: { readonly count: number; readonly action?: string },
  show: (lines: readonly AuditLine[]) => void,
): Promise<number> {
  const { count, ...kind } = query;
  const { action } = kind;
  const asked: Asked<AuditLine> = {
    count,
    fits: (line) => action === undefined || line.action === action,
    held: unrecordedAudit,
    recorded: (history, page) => history.audit({ ...page, ...kind }),
  };
  return withEventLog(config, async (log) => {
    show(await newest(asked, log));
    return 0;
  });
}
