/** Node's timers hold no more: a longer one fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** What is wrong with a timeout of this many milliseconds; `undefined` when nothing is. */
export function timeoutProblem(timeout: number): string | undefined {
  return timeout >= 1 && timeout <= LONGEST_TIMEOUT_MS ? undefined : 'use a time from 1 ms to 24 days';
}
