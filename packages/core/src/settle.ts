import { milliseconds, type Duration } from './duration.ts';
import { fieldOf, isInstance, NonRetryableError, RetryAfterError } from './errors.ts';
import { backoff, type RetryPolicy } from './retry.ts';
import type { Version } from './subject-rule.ts';

/** How one attempt ended, as the process that ran it saw it. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The process was told to stop before the handler was through: nobody's fault, so no attempt is spent. */
  | { readonly kind: 'interrupted' };

/** Why a piece of work is not tried again by itself. */
export type BurialReason =
  | 'attempts-exhausted'
  | 'non-retryable'
  | 'worker-lost'
  | 'never-finished'
  | 'unclaimed';

/** What happens to the work now. */
export type Settlement =
  /** `version`: of its subject, which no older one may follow. */
  | { readonly kind: 'complete'; readonly result: unknown; readonly version?: Version }
  /** A newer event of the same subject has made it needless. */
  | { readonly kind: 'supersede' }
  /** The work is sent out; somebody else finishes it. */
  | { readonly kind: 'await' }
  | { readonly kind: 'retry'; readonly delay: number; readonly error: unknown }
  | { readonly kind: 'bury'; readonly reason: BurialReason; readonly error: unknown }
  | { readonly kind: 'release' };

/** A handler that asks for a later retry than this is asking for a schedule. */
const LONGEST_RETRY_AFTER_MS = 7 * 86_400_000;

/**
 * Decides what becomes of work after one attempt. Pure: the same arguments give the same answer.
 * @param attempt which attempt this was, 1 for the first
 * @param random a number in [0, 1) for the jitter
 * @param completion `external` when succeeding only means that the work is sent out
 */
export function settle(
  outcome: Outcome,
  attempt: number,
  policy: RetryPolicy,
  random: number,
  completion?: 'external',
): Settlement {
  switch (outcome.kind) {
    case 'succeeded':
      return completion === 'external' ? { kind: 'await' } : { kind: 'complete', result: outcome.result };
    case 'interrupted':
      return { kind: 'release' };
    case 'failed': {
      const { error } = outcome;
      if (hasName(error, 'NonRetryableError', NonRetryableError)) {
        return { kind: 'bury', reason: 'non-retryable', error };
      }
      if (attempt >= policy.attempts) return { kind: 'bury', reason: 'attempts-exhausted', error };
      return { kind: 'retry', delay: retryAfter(error) ?? backoff(policy, attempt, random), error };
    }
  }
}

/**
 * Whether work has to be given up because the workers that ran it died, not because it failed.
 * @param deaths how many workers died (or stopped answering) while they held this job
 */
export function isPoison(deaths: number): boolean {
  return deaths > WORKER_DEATHS_LIMIT;
}

/** Deaths by deploys and machines are normal, so this is well above them; a job that kills its worker meets it. */
export const WORKER_DEATHS_LIMIT = 10;

function retryAfter(error: unknown): number | undefined {
  if (!hasName(error, 'RetryAfterError', RetryAfterError)) return undefined;
  try {
    return Math.min(milliseconds(fieldOf(error, 'retryAfter') as Duration), LONGEST_RETRY_AFTER_MS);
  } catch {
    return undefined;
  }
}

/** By name too: a module in `APP_DIR` may throw its own class, a second copy's, or one of another realm. */
function hasName(error: unknown, name: string, type: new (...args: never[]) => Error): boolean {
  return isInstance(error, type) || fieldOf(error, 'name') === name;
}
