import type { RefusalSnapshot } from '@hookline/core';
import type { Outlook } from '@hookline/redis';
import type { Content } from './content.ts';
import type { EventDetail, EventLog } from './event-log.ts';
import { refusalsPage } from './notes.ts';
import { explainEvent, explainNothing, type Explained } from './explain.ts';
import { timelineOf, type TimelineEntry } from './timeline.ts';

/** An event with what happened to it, in order. */
export interface ShownEvent extends EventDetail {
  readonly timeline: readonly TimelineEntry[];
  /** What its open deliveries wait for, by handler. */
  readonly outlook: Readonly<Record<string, Outlook>>;
}

/** @param id ours, or the provider's own; `undefined` when nothing is known of it */
export async function showEvent(log: EventLog, id: string, now: number): Promise<ShownEvent | undefined> {
  const detail = await log.detail(id);
  if (detail === undefined) return undefined;
  const outlook = await log.outlook(detail.event);
  return { ...detail, outlook, timeline: timelineOf(detail, outlook, now) };
}

/** Says in a paragraph what became of an event, or why there is none. @param asked our id, or the provider's own */
export async function explain(log: EventLog, asked: string, now: number): Promise<Explained> {
  const shown = await showEvent(log, asked, now);
  if (shown !== undefined) return explainShown(log, shown, await log.content(shown.event.id), now);
  const isHistoryKept = (await log.history()) !== undefined;
  return explainNothing(asked, await refusalsOf(log, asked), now, { isHistoryKept });
}

/** The same of an event that was looked up already, with what came in. */
export function explainShown(
  log: EventLog,
  shown: ShownEvent,
  content: Content | undefined,
  now: number,
): Explained {
  return explainEvent(shown, { outlook: shown.outlook, verifiedBy: log.verifiedBy(shown, content), now });
}

/** What strangers send fills this; the newest say what is wrong now. */
const MOST_READ = 5_000;

/** The refused requests that speak of an id, newest first. */
async function refusalsOf(log: EventLog, asked: string): Promise<readonly RefusalSnapshot[]> {
  if (asked === '') return [];
  const { items } = await refusalsPage(log, { limit: MOST_READ });
  return items.filter(
    ({ excerpt, headers }) =>
      excerpt.includes(asked) || Object.values(headers).some((value) => value.includes(asked)),
  );
}
