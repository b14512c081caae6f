import type { AcceptResult, EventId, IncomingEvent, TransferStore } from '@hookline/core';

/** An event store in memory, for tests of what stands in front of one. It keeps the promises of `EventStore.accept`. */
export interface MemoryEventStore extends TransferStore {
  /** What was accepted, in order. */
  readonly events: readonly IncomingEvent[];
  /** How often `accept` was called, whatever came of it. */
  readonly calls: number;
  /** `up` answers · `down` is unavailable at once · `hung` answers nothing until it is up again, and then records. */
  state: 'up' | 'down' | 'hung';
}

export function createMemoryEventStore(): MemoryEventStore {
  const events = new Map<EventId, IncomingEvent>();
  const waiting: (() => void)[] = [];
  let state: MemoryEventStore['state'] = 'up';
  let calls = 0;

  function record(event: IncomingEvent): AcceptResult {
    if (events.has(event.id)) return { kind: 'duplicate', id: event.id };
    events.set(event.id, event);
    return { kind: 'accepted', id: event.id };
  }

  async function accept(event: IncomingEvent): Promise<AcceptResult> {
    calls += 1;
    if (state === 'down') return { kind: 'unavailable', reason: 'the store is down' };
    if (state === 'hung') await new Promise<void>((resolve) => waiting.push(resolve));
    return record(event);
  }

  return {
    get events() {
      return [...events.values()];
    },
    get calls() {
      return calls;
    },
    get state() {
      return state;
    },
    set state(next) {
      state = next;
      if (next === 'up') for (const resume of waiting.splice(0)) resume();
    },
    accept,
    transfer: accept,
  };
}
