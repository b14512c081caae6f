import type { EventId, EventSnapshot, FleetView } from '@hookline/core';
import type { Partitions } from '../client/partitions.ts';
import * as copies from '../events/copies.ts';
import * as modes from '../events/history-mode.ts';
import * as known from '../events/known.ts';
import * as lag from '../events/changes.ts';
import * as list from '../events/list.ts';
import * as again from '../events/queue-again.ts';
import * as restoring from '../events/restore.ts';
import * as outlook from '../operators/outlook.ts';
import { answersOf, firstOf, holderOf } from './ask.ts';

/** Looks an event up. @returns `undefined` when no partition holds one with this id */
export function findEvent(partitions: Partitions, id: string): Promise<list.EventSummary | undefined> {
  return firstOf(partitions, (partition) => list.findEvent(partition, id));
}

/** What came in as it is stored; undefined when there is no such event, or it gave its body up to make room. */
export function readContent(partitions: Partitions, id: string) {
  return firstOf(partitions, (partition) => list.readContent(partition, id));
}

/** Of an event that Redis has given up, as long as its id is known. */
export function copiesOfKnown(partitions: Partitions, id: string): Promise<copies.Copies | undefined> {
  return firstOf(partitions, (partition) => copies.copiesOfKnown(partition, id));
}

/** Whether it was settled and recorded, so that Redis only knows its id. */
export async function isKnown(partitions: Partitions, id: string): Promise<boolean> {
  const found = await firstOf(partitions, async (partition) =>
    (await known.isKnown(partition, id)) ? true : undefined,
  );
  return found ?? false;
}

/** The newest events that Redis holds, by arrival; those of a partition that is away are missing. */
export async function listEvents(
  partitions: Partitions,
  options: list.ListOptions,
): Promise<readonly list.EventSummary[]> {
  const lists = await answersOf(partitions, (partition) => list.listEvents(partition, options));
  return lists
    .flat()
    .toSorted((a, b) => b.receivedAt - a.receivedAt)
    .slice(0, options.count);
}

/** Puts an event back that Redis gave up, where one with its subject belongs today. See events/restore.ts. */
export function restoreEvent(
  partitions: Partitions,
  event: Omit<EventSnapshot, 'body' | 'revision'> & { readonly body: Buffer },
  retention: number,
): Promise<'restored' | 'there'> {
  return restoring.restoreEvent(partitions.ofEvent(event), event, retention);
}

/** Queues an event once more, where it lies. @returns false when nobody holds it, or its body was given up */
export async function queueAgain(
  partitions: Partitions,
  id: EventId,
  event: { readonly source: string; readonly provider: string; readonly type: string },
  timestamp: number,
  by?: string,
): Promise<boolean> {
  const holder = await holderOf(partitions, id);
  return holder !== undefined && again.queueAgain(holder, id, event, timestamp, by);
}

/** What an event's open deliveries wait for, by handler. @param handlers those that are open */
export async function outlookOf(
  partitions: Partitions,
  event: EventId,
  handlers: readonly string[],
  fleet: FleetView,
): Promise<Readonly<Record<string, outlook.Outlook>>> {
  const holder = await holderOf(partitions, event);
  return outlook.outlookOf(holder ?? partitions.home, event, handlers, fleet);
}

/** Whether somebody records the history of all that answer, or is to. */
export async function isRecorded(partitions: Partitions): Promise<boolean> {
  return (await answersOf(partitions, modes.isRecorded)).every(Boolean);
}

/** How long ago the oldest change happened that nobody has recorded yet, in milliseconds, in the partition that lags most. */
export async function lagOf(partitions: Partitions): Promise<number> {
  return Math.max(...(await answersOf(partitions, lag.lagOf)));
}
