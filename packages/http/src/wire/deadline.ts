import { LATE, within } from '@hookline/core';

/** Leaves 100 ms for the rest of a request on a busy machine: every answer leaves within 500 ms of its last byte. */
const STORE_DEADLINE_MS = 400;

/**
 * Makes a call to the store. All calls of one request share one deadline; the time between them does not count.
 * Rejects when it is over: what was called may still happen.
 * @param moreMs what a large request has on top
 */
export type Deadline = <T>(call: () => Promise<T>, moreMs?: number) => Promise<T>;

export function createDeadline(): Deadline {
  let left = STORE_DEADLINE_MS;
  return async (call, moreMs = 0) => {
    const begun = performance.now();
    left += moreMs;
    try {
      const answer = await within(left, call());
      if (answer === LATE)
        throw new Error(`no answer from the store within ${Math.round(STORE_DEADLINE_MS + moreMs)} ms`);
      return answer;
    } finally {
      left = Math.max(0, left - (performance.now() - begun));
    }
  };
}
