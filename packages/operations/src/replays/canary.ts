/** How a replay goes: how many of its deliveries ended how, and how many it may have queued by now. */
export interface Progress {
  readonly queued: number;
  readonly open: number;
  /** Of the open ones: those that have failed at least once. */
  readonly failing: number;
  readonly succeeded: number;
  readonly dead: number;
}

/** What a canary lets happen next. */
export type Step =
  /** Up to so many deliveries may be queued in all. */
  | { readonly kind: 'go'; readonly most: number }
  /** Those that are open have to end first. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'stop'; readonly why: string };

const STEPS = [1, 10, 100] as const;
/** One failure among a few proves little once the first steps are through. */
const FEW = 10;

/**
 * Decides how a replay goes on: 1, then 10, then 100, then all, each once those before have ended; it stops when too many
 * fail. What fails and is tried again counts as failed: an operator is not to wait hours for its last attempt.
 * @param failureLimit the share of failures at which it stops, from 0 to 1
 */
export function nextStep(progress: Progress, failureLimit: number): Step {
  const { queued, open, failing, succeeded, dead } = progress;
  const failed = dead + failing;
  const known = failed + succeeded;
  const isTooMany = known > 0 && failed / known > failureLimit;
  if (isTooMany && (queued <= FEW || known >= FEW))
    return {
      kind: 'stop',
      why: `${failed} of the first ${known} failed, which is more than ${Math.round(failureLimit * 100)} %: mend that, then ask again`,
    };
  const step = STEPS.find((size) => queued < size);
  if (step === undefined)
    return queued === STEPS.at(-1) && open > 0 ? { kind: 'wait' } : { kind: 'go', most: Infinity };
  const isBetweenSteps = queued === 0 || (STEPS as readonly number[]).includes(queued);
  return isBetweenSteps && open > 0 ? { kind: 'wait' } : { kind: 'go', most: step };
}
