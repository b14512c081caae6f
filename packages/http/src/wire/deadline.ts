import { LATE, within } from '@hookline/core';

/** Leaves 100 ms for the rest of a request on a busy machine: every answer leaves within 500 ms of its last byte. */
const STORE_DEADLINE_MS = 400;

/**
 * Makes a call to the store. All calls of one request share one deadline; the time between them does not count.
 * Rejects when it is over: what was called may still happen.
 */
export type Deadline = <T>(call: () => Promise<T>) => Promise<T>;

export function createDeadline(): Deadline {
  let left = STORE_DEADLINE_MS;
  return async (call) => {
    const begun = performance.now();
    try {
      const answer = await within(left, call());
      if (answer === LATE) throw new Error(`no answer from the store within ${STORE_DEADLINE_MS} ms`);
      return answer;
    } finally {
      left = Math.max(0, left - (performance.now() - begun));
    }
  };
}
