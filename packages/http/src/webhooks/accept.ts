import { isKept, LATE, within, type EventStore, type IncomingEvent } from '@hookline/core';
import type { Outcome } from './exchange.ts';

/**
 * Hands every event of a request to the store; all of them, before anybody says 2xx.
 * @param withinMs an answer that does not come in time is an unknown outcome, which is never a 2xx: the events' ids
 *   decide when they are sent again
 */
export async function accept(
  store: EventStore,
  events: readonly IncomingEvent[],
  withinMs: number,
): Promise<Outcome> {
  const results = await within(withinMs, Promise.all(events.map((event) => store.accept(event))));
  if (results === LATE) {
    const reason = `no answer from the store within ${Math.max(0, Math.round(withinMs))} ms`;
    return { kind: 'unavailable', events, reason };
  }
  const failure = results.find((result) => !isKept(result));
  if (failure !== undefined) return { kind: failure.kind, events, reason: failure.reason };
  return { kind: 'kept', events, results: results.filter(isKept) };
}
