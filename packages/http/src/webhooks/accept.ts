import { isKept, type AcceptResult, type EventStore, type IncomingEvent } from '@hookline/core';
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
  const results = await acceptAll(store, events, withinMs);
  const failure = results.find((result) => !isKept(result));
  if (failure !== undefined) return { kind: failure.kind, events, reason: failure.reason };
  return { kind: 'kept', events, results: results.filter(isKept) };
}

function acceptAll(
  store: EventStore,
  events: readonly IncomingEvent[],
  withinMs: number,
): Promise<readonly AcceptResult[]> {
  return new Promise((resolve, reject) => {
    const reason = `no answer from the store within ${Math.round(withinMs)} ms`;
    const late = setTimeout(
      () => resolve(events.map(() => ({ kind: 'unavailable', reason }) as const)),
      withinMs,
    );
    Promise.all(events.map((event) => store.accept(event)))
      .then(resolve, reject)
      .finally(() => clearTimeout(late));
  });
}
