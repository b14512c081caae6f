import type { AuditLine, AuditQuery, HistoryPage, RefusalQuery, RefusalSnapshot } from '@hookline/core';
import { unrecordedAudit, unrecordedRefusals } from '@hookline/redis';
import type { EventLog } from './event-log.ts';

/** A page of what was refused at the door, newest first: of the history, or where there is none the newest that Redis holds. */
export async function refusalsPage(
  log: EventLog,
  query: RefusalQuery,
): Promise<HistoryPage<RefusalSnapshot>> {
  const history = await log.history();
  if (history !== undefined) return history.refusals(query);
  const { source, reason, limit } = query;
  const held = await unrecordedRefusals(log.partition, MOST_HELD);
  const items = held.filter(
    (refusal) =>
      (source ?? refusal.source) === refusal.source && (reason ?? refusal.reason) === refusal.reason,
  );
  return { items: items.slice(0, limit), next: undefined };
}

/** A page of what operators did, newest first. */
export async function auditPage(log: EventLog, query: AuditQuery): Promise<HistoryPage<AuditLine>> {
  const history = await log.history();
  if (history !== undefined) return history.audit(query);
  const held = await unrecordedAudit(log.partition, MOST_HELD);
  const items = held.filter(({ action }) => (query.action ?? action) === action);
  return { items: items.slice(0, query.limit), next: undefined };
}

/** More are not in Redis. */
const MOST_HELD = 11_000;
