import type { AuditLine, History, HistoryPage, PageOptions, RefusalSnapshot } from '@hookline/core';
import { unrecordedAudit, unrecordedRefusals, type Partition } from '@hookline/redis';
import type { CliConfig } from './config.ts';
import type { EventLog } from '@hookline/operations';
import { openEventLog } from './open-event-log.ts';
import { withRedis } from './with-redis.ts';

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
  partition: Partition,
): Promise<readonly Item[]> {
  const present = (await held(partition, MOST_HELD)).filter(fits);
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

function tell<Item extends Dated>(
  config: CliConfig,
  asked: Asked<Item>,
  show: (items: readonly Item[]) => void,
): Promise<number> {
  return withRedis(config, async (partition) => {
    const log = openEventLog(config, partition);
    try {
      show(await newest(asked, log, partition));
      return 0;
    } finally {
      await log.close();
    }
  });
}

export function tellRefusals(
  config: CliConfig,
  query: { readonly count: number; readonly source?: string; readonly reason?: string },
  show: (refusals: readonly RefusalSnapshot[]) => void,
): Promise<number> {
  const { count, ...kind } = query;
  const { source, reason } = kind;
  return tell(
    config,
    {
      count,
      fits: (refusal) =>
        (source === undefined || refusal.source === source) &&
        (reason === undefined || refusal.reason === reason),
      held: unrecordedRefusals,
      recorded: (history, page) => history.refusals({ ...page, ...kind }),
    },
    show,
  );
}

export function tellAudit(
  config: CliConfig,
  query: { readonly count: number; readonly action?: string },
  show: (lines: readonly AuditLine[]) => void,
): Promise<number> {
  const { count, ...kind } = query;
  const { action } = kind;
  return tell(
    config,
    {
      count,
      fits: (line) => action === undefined || line.action === action,
      held: unrecordedAudit,
      recorded: (history, page) => history.audit({ ...page, ...kind }),
    },
    show,
  );
}
