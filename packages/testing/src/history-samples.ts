import {
  bodyHash,
  eventIdOf,
  type AttemptSnapshot,
  type EventSnapshot,
  type HistoryBlock,
  type SearchQuery,
} from '@hookline/core';

/** An event that is told apart from others by its number, as far as nothing else is said of it. */
export function eventOf(number: number, changed: Partial<EventSnapshot> = {}): EventSnapshot {
  const providerId = `evt_${number}`;
  const body = Buffer.from(JSON.stringify({ id: providerId, object: 'event', customer: `cus_${number}` }));
  const receivedAt = 1_700_000_000_000 + number * 1_000;
  const event = {
    id: eventIdOf('stripe', providerId),
    revision: `${receivedAt}-0`,
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    status: 'handled',
    receivedAt,
    verifiedAt: receivedAt + 1,
    recordedAt: receivedAt + 2,
    settledAt: undefined,
    headers: { 'content-type': 'application/json' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    deliveries: [],
    ...changed,
  } as const satisfies EventSnapshot;
  return changed.body === undefined || changed.sha256 !== undefined
    ? event
    : { ...event, sha256: bodyHash(changed.body) };
}

/** The attempt of this number for one of the event's deliveries. */
export function attemptOf(event: EventSnapshot, number: number): AttemptSnapshot {
  return {
    event: event.id,
    handler: 'a',
    run: `${event.id}-${number}`,
    number,
    worker: 'worker@host-1',
    startedAt: event.receivedAt + number * 10,
    endedAt: event.receivedAt + number * 10 + 5,
    outcome: 'succeeded',
    error: undefined,
    log: [],
  };
}

/** A block with only what is named in it. */
export function blockOf(named: Partial<HistoryBlock>): HistoryBlock {
  return { events: [], attempts: [], refusals: [], audit: [], cursor: undefined, ...named };
}

/** A search for what is named only. */
export function searchFor(named: Partial<SearchQuery>): SearchQuery {
  return { phrases: [], pairs: [], ...named };
}
