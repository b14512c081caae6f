import type { AcceptResult, EventStore, IncomingEvent } from '@hookline/core';

/**
 * Records every event of a request; all of them, before anybody says 2xx. An answer that does not come in time is an
 * unknown outcome, which is never a 2xx: the events' ids decide when they are sent again.
 */
export function acceptAll(
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
