import { PartitionAwayError, type EventSummary } from '@hookline/redis';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventLog } from '@hookline/operations';

/** Whether nothing more will happen to an event by itself. */
export function isSettled(event: EventSummary): boolean {
  return event.status === 'handled' || event.status === 'unhandled' || event.status === 'dead';
}

/**
 * Waits until an event is settled.
 * @param patience milliseconds
 * @returns the event as it stood at last; `undefined` when the store never held it
 */
export async function followEvent(
  log: Pick<EventLog, 'find'>,
  id: string,
  patience: number,
): Promise<EventSummary | undefined> {
  const deadline = Date.now() + patience;
  for (;;) {
    const event = await log.find(id).catch((error: unknown) => {
      // It may be about to come into one that answers.
      if (!(error instanceof PartitionAwayError) || Date.now() > deadline) throw error;
      return undefined;
    });
    if ((event !== undefined && isSettled(event)) || Date.now() > deadline) return event;
    await wait(25);
  }
}

/** One line: how long after its arrival an event reached each station, and how far it is. */
export function formatTimeline(event: EventSummary): string {
  const { receivedAt, verifiedAt, recordedAt, queuedAt, settledAt, shedAt, status, deliveries } = event;
  const after = (time: number) => `${Math.max(0, time - receivedAt)} ms`;
  const steps = [
    `verified ${after(verifiedAt)}`,
    `recorded ${after(recordedAt)}`,
    `queued ${after(queuedAt)}`,
    ending(),
    ...(shedAt === undefined ? [] : [`body shed ${after(shedAt)} to make room in Redis`]),
  ];
  return steps.join(' → ');

  function ending(): string {
    const names = Object.keys(deliveries);
    const given = names.filter((name) => deliveries[name] !== 'filtered');
    switch (status) {
      case 'handled':
        return `handled ${after(settledAt ?? queuedAt)} (${given.join(', ')})`;
      case 'dead':
        return `dead ${after(settledAt ?? queuedAt)}: see 'npm run hookline -- dead list'`;
      case 'unhandled':
        if (names.length > 0)
          return `unhandled: refused by the ${names.length === 1 ? 'filter' : 'filters'} of ${names.join(', ')}; the event is kept`;
        return 'unhandled: no handler asks for this type; the event is kept';
      case 'received':
      case 'queued':
      case 'dispatched': {
        const open = names.filter((name) => deliveries[name] === 'pending');
        return open.length === 0 ? 'waiting for a worker' : `still with ${open.join(', ')}`;
      }
    }
  }
}
