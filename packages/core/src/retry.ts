import { millisecondsOf, type Duration } from './duration.ts';

/** How a handler or job is tried again, as its author writes it. */
export interface RetryOptions {
  /** How often it is tried in all, the first time included (1 to 100). Default 18 for a handler, 5 for a job. */
  readonly attempts?: number;
  readonly backoff?: {
    /** `fixed` waits `delay` each time; `exponential` doubles it each time. Default `exponential`. */
    readonly type?: 'fixed' | 'exponential';
    /** The wait before the second attempt. Default `'2s'`. */
    readonly delay?: Duration;
    /** No wait is longer than this. Default `'4h'` for a handler, `'1h'` for a job, or `delay` where that is longer. */
    readonly max?: Duration;
    /** The share of each wait, 0 to 1, that is chosen at random, so that failures do not return together. Default 0.2. */
    readonly jitter?: number;
  };
}

/** `RetryOptions` with every choice made; times in milliseconds. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly type: 'fixed' | 'exponential';
  readonly delay: number;
  readonly max: number;
  readonly jitter: number;
}

/** Of jobs: whoever asked for one waits for what comes of it, and learns within a minute that it failed. */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  type: 'exponential',
  delay: 2_000,
  max: 3_600_000,
  jitter: 0.2,
};

/**
 * Of handlers. Nobody waits for a delivery, and nobody sends it again: it has to outlive a deploy (seconds), a bad hour and
 * a night in which nobody mends what is broken. The first eight attempts are made within about four minutes, thirteen
 * within two and a half hours, and then one about every four: 16 to 21 hours in all.
 */
export const DEFAULT_HANDLER_RETRY: RetryPolicy = { ...DEFAULT_RETRY, attempts: 18, max: 4 * 3_600_000 };

/** Attempts are kept one by one in a dead letter's history; this bounds it. */
export const MAX_ATTEMPTS = 100;

/**
 * Fills in the defaults.
 * @param defaults those of jobs, unless given
 * @throws RangeError that names the option and its range
 */
export function retryPolicy(options: RetryOptions = {}, defaults: RetryPolicy = DEFAULT_RETRY): RetryPolicy {
  const { attempts = defaults.attempts, backoff = {} } = options;
  const { type = defaults.type, delay = defaults.delay, jitter = defaults.jitter } = backoff;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new RangeError(`retry.attempts is ${attempts}: use a whole number from 1 to ${MAX_ATTEMPTS}`);
  }
  if (type !== 'fixed' && type !== 'exponential') {
    throw new RangeError(`retry.backoff.type is ${JSON.stringify(type)}: use 'fixed' or 'exponential'`);
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`retry.backoff.jitter is ${jitter}: use a share from 0 to 1`);
  }
  const first = millisecondsOf('retry.backoff.delay', delay);
  const max =
    backoff.max === undefined
      ? Math.max(defaults.max, first)
      : millisecondsOf('retry.backoff.max', backoff.max);
  return { attempts, type, delay: first, max, jitter };
}

/**
 * A policy with some of its choices made anew.
 * @throws RangeError that names the option and its range
 */
export function overridePolicy(policy: RetryPolicy, { attempts, backoff = {} }: RetryOptions): RetryPolicy {
  const { attempts: usual, ...usualBackoff } = policy;
  return retryPolicy({ attempts: attempts ?? usual, backoff: { ...usualBackoff, ...backoff } });
}

/**
 * Milliseconds to wait after a failed attempt.
 * @param attempt which attempt failed, 1 for the first
 * @param random a number in [0, 1): jitter only ever shortens the wait, so `max` holds
 */
export function backoff(policy: RetryPolicy, attempt: number, random: number): number {
  const grown = policy.type === 'fixed' ? policy.delay : policy.delay * 2 ** Math.min(attempt - 1, 52);
  const capped = Math.min(grown, policy.max);
  return Math.round(capped * (1 - policy.jitter * random));
}
