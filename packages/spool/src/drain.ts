import { isKept, LARGE_BODY_BYTES, LATE, within, type TransferStore } from '@hookline/core';
import type { Spool, SpoolEntry } from './spool.ts';

/** What one step of draining came to. */
export interface DrainStep {
  /** Events that are in the store now and no longer in the spool. */
  readonly drained: number;
  /** Why it stopped before its last; `undefined` when all of them went through. */
  readonly stopped: string | undefined;
}

/**
 * Hands the oldest `count` events over to the store, in order and in one go. Up to the first that the store does not
 * take, they leave the spool; what it took after that one comes again, as a duplicate. An oldest one that alone is
 * stuck goes to the end: whoever waits behind it passes.
 */
export async function drain(spool: Spool, store: TransferStore, count: number): Promise<DrainStep> {
  const entries = await spool.first(count);
  const ms = patienceFor(entries);
  const results = await within(ms, Promise.all(entries.map(({ event }) => store.transfer(event))));
  if (results === LATE) return { drained: 0, stopped: `no answer within ${Math.round(ms)} ms` };
  const refused = results.findIndex((result) => !isKept(result));
  const through = refused < 0 ? entries : entries.slice(0, refused);
  await spool.remove(through);
  const [refusal, oldest] = [results[refused], entries[refused]];
  if (refusal === undefined || isKept(refusal)) return { drained: through.length, stopped: undefined };
  if (refusal.kind === 'stuck' && oldest !== undefined && spool.size > 1) await spool.postpone(oldest);
  return { drained: through.length, stopped: refusal.reason };
}

/** A store that keeps its word answers sooner; one that does not must not hold the spool for ever. */
function patienceFor(entries: readonly SpoolEntry[]): number {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  return bytes < LARGE_BODY_BYTES || entries.length > 1 ? ANSWER_MS : LARGE_ANSWER_MS + bytes / LARGE_RATE;
}

const ANSWER_MS = 2_000;
const LARGE_ANSWER_MS = 10_000;
/** Bytes in a millisecond. */
const LARGE_RATE = 500;
