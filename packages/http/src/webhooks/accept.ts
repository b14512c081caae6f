import { isKept, LATE, within, type AcceptResult, type EventStore, type IncomingEvent } from '@hookline/core';
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
  const [only] = events;
  if (only === undefined || events.length > 1) {
    const results = await within(withinMs, Promise.all(events.map((event) => store.accept(event))));
    return results === LATE ? late(events, withinMs) : outcomeOf(events, results);
  }
  const result = await within(withinMs, store.accept(only));
  return result === LATE ? late(events, withinMs) : outcomeOf(events, [result]);
}

function late(events: readonly IncomingEvent[], withinMs: number): Outcome {
  const reason = `no answer from the store within ${Math.max(0, Math.round(withinMs))} ms`;
  return { kind: 'unavailable', events, reason };
}

function outcomeOf(events: readonly IncomingEvent[], results: readonly AcceptResult[]): Outcome {
  if (results.every(isKept)) return { kind: 'kept', events, results };
  const failure = results.find((result) => !isKept(result));
  if (failure === undefined || isKept(failure)) throw new TypeError('what was not kept has no reason');
  return { kind: failure.kind, events, reason: failure.reason };
}
