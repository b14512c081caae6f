import { LATE, within, isKept, type EventStore } from '@hookline/core';
import type { Spool } from './spool.ts';

/** What one step of draining came to. */
export interface DrainStep {
  /** Events that are in the store now and no longer in the spool. */
  readonly drained: number;
  /** Why it stopped before its last; `undefined` when all of them went through. */
  readonly stopped: string | undefined;
}

/** A store that keeps its word answers sooner; one that does not must not hold the spool for ever. */
const ANSWER_MS = 2_000;

/**
 * Accepts the oldest `count` events into the store, in order. They are handed over in one go, so they share a round
 * trip; the connection keeps their order. Up to the first that the store does not take, they leave the spool.
 * What it took after that one comes again, as a duplicate.
 */
export async function drain(spool: Spool, store: EventStore, count: number): Promise<DrainStep> {
  const entries = await spool.first(count);
  const results = await within(ANSWER_MS, Promise.all(entries.map(({ event }) => store.accept(event))));
  if (results === LATE) return { drained: 0, stopped: `no answer within ${ANSWER_MS} ms` };
  const refused = results.findIndex((result) => !isKept(result));
  const through = refused < 0 ? entries : entries.slice(0, refused);
  await spool.remove(through);
  const refusal = results[refused];
  return {
    drained: through.length,
    stopped: refusal === undefined || isKept(refusal) ? undefined : refusal.reason,
  };
}
