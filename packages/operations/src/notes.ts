import {
  compareToPlace,
  placeOf,
  type AuditLine,
  type AuditQuery,
  type Dated,
  type HistoryPage,
  type PageOptions,
  type RefusalQuery,
  type RefusalSnapshot,
} from '@hookline/core';
import { unrecordedAudit, unrecordedRefusals } from '@hookline/redis';
import type { EventLog } from './event-log.ts';

/** A page of what was refused at the door, newest first: recorded, or still in Redis alone. */
export async function refusalsPage(
  log: EventLog,
  query: RefusalQuery,
): Promise<HistoryPage<RefusalSnapshot>> {
  const { source, reason, limit, before } = query;
  const isPlain = source === undefined && reason === undefined && before === undefined;
  const held = await unrecordedRefusals(log.partitions, isPlain ? limit + 1 : MOST_HELD);
  const fits = held.filter(
    (refusal) =>
      (source ?? refusal.source) === refusal.source && (reason ?? refusal.reason) === refusal.reason,
  );
  return merged(fits, await (await log.history())?.refusals(query), query);
}

/** A page of what operators did, newest first: recorded, or still in Redis alone. */
export async function auditPage(log: EventLog, query: AuditQuery): Promise<HistoryPage<AuditLine>> {
  const { action: asked, limit, before } = query;
  const isPlain = asked === undefined && before === undefined;
  const held = await unrecordedAudit(log.partitions, isPlain ? limit + 1 : MOST_HELD);
  const fits = held.filter(({ action }) => (asked ?? action) === action);
  return merged(fits, await (await log.history())?.audit(query), query);
}

/** More are not in Redis. */
const MOST_HELD = 11_000;

/** What is just being recorded is in both. @param recorded `undefined` where there is no history */
function merged<Item extends Dated>(
  held: readonly Item[],
  recorded: HistoryPage<Item> | undefined,
  { limit, before }: PageOptions,
): HistoryPage<Item> {
  const present = held.filter((item) => before === undefined || compareToPlace(item, before) < 0);
  const byId = new Map([...present, ...(recorded?.items ?? [])].map((item) => [item.id, item]));
  const all = [...byId.values()].toSorted((a, b) => compareToPlace(b, placeOf(a)));
  const items = all.slice(0, limit);
  const last = items.at(-1);
  const isMore = all.length > limit || recorded?.next !== undefined;
  return { items, next: isMore && last !== undefined ? placeOf(last) : undefined };
}
