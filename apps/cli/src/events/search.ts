import type { SearchQuery } from '@hookline/core';
import type { EventLog } from '@hookline/operations';
import type { EventSummary } from '@hookline/redis';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { searchProblem } from '../search-query.ts';
import type { Terminal } from '../terminal.ts';
import { writeEvents } from './list.ts';

const PAGE = 500;

/** `events search <query…>`. */
export function searchEvents(
  config: CliConfig,
  query: SearchQuery,
  { count, json }: { readonly count: number; readonly json: boolean },
  { write, note }: Terminal,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const problem = await searchProblem(log, query);
    if (problem !== undefined) throw new Error(problem);
    const { events, isMore } = await newestThatFit(log, query, count);
    if (events.length === 0 && !json) write('no event fits');
    writeEvents(events, json, write);
    if (isMore) note(`and older ones: --count ${Math.min(count * 10, 10_000)}`);
    return events.length === 0 ? 1 : 0;
  });
}

async function newestThatFit(log: EventLog, query: SearchQuery, count: number) {
  const events: EventSummary[] = [];
  let before: string | undefined;
  // A page with a next one may hold fewer than asked for.
  do {
    const limit = Math.min(count - events.length, PAGE);
    const page = await log.search(query, { limit, ...(before === undefined ? {} : { before }) });
    events.push(...page.items);
    before = page.next;
  } while (before !== undefined && events.length < count);
  return { events, isMore: before !== undefined };
}
